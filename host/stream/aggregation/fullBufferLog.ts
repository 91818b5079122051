const everyMs = 10_000;

/** Tells of streams whose buffer is full, each at most every ten seconds, and once more when it is over. */
export class FullBufferLog {
  readonly #streams = new Map<number, { peer: string; untold: number; toldMs: number }>();

  constructor(private readonly tell: (peer: string, events: number) => void) {}

  add(stream: number, peer: string, events: number): void {
    let known = this.#streams.get(stream);
    if (!known) {
      known = { peer, untold: 0, toldMs: Number.NEGATIVE_INFINITY };
      this.#streams.set(stream, known);
    }
    known.untold += events;
    const nowMs = performance.now();
    if (nowMs - known.toldMs < everyMs) return;
    known.toldMs = nowMs;
    this.tell(peer, known.untold);
    known.untold = 0;
  }

  forget(stream: number): void {
    const known = this.#streams.get(stream);
    this.#streams.delete(stream);
    if (known && known.untold > 0) this.tell(known.peer, known.untold);
  }
}
