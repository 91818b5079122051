/** Reads Prometheus' text format, strictly. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly samples: readonly Sample[];
  readonly types: ReadonlyMap<string, string>;
  /** The value of the one sample of that name with these labels. @throws if there is none, or several */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helped = new Set<string>();
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const comment = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line);
    if (comment?.[1] === "HELP") helped.add(comment[2] as string);
    else if (comment) types.set(comment[2] as string, comment[3] as string);
    else samples.push(sampleOf(line));
  }
  for (const name of types.keys()) if (!helped.has(name)) throw new Error(`${name} has no help`);
  const value = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const found = samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([key, wanted]) => sample.labels[key] === wanted),
    );
    if (found.length !== 1) throw new Error(`${found.length} samples of ${name}`);
    return (found[0] as Sample).value;
  };
  return { samples, types, value };
}

function sampleOf(line: string): Sample {
  const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!match) throw new Error(`not a sample: ${line}`);
  const pairs = [...(match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name: match[1] as string,
    labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])),
    value: Number(match[3]),
  };
}
