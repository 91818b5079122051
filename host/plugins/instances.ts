let last = 0;

/** A number that no instance has had. */
export function newInstance(): number {
  return ++last;
}

/** The instances of versions: each has a number, and gets a new one when it is to begin anew. */
export class Instances {
  private readonly numbers: Map<string, number>;

  constructor(others?: Instances) {
    this.numbers = new Map(others?.numbers);
  }

  of(name: string, hash: string): number {
    const key = `${name}@${hash}`;
    return this.numbers.get(key) ?? this.renew(name, hash);
  }

  renew(name: string, hash: string): number {
    const number = newInstance();
    this.numbers.set(`${name}@${hash}`, number);
    return number;
  }

  /** Forgets versions that are not among these. */
  keepOnly(isUsed: (key: string) => boolean): void {
    for (const key of this.numbers.keys()) if (!isUsed(key)) this.numbers.delete(key);
  }
}
