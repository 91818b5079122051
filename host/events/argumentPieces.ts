/**
 * Puts long argument areas together. The kernel sends them in pieces ahead of their exec record, on
 * the same CPU with nothing but pieces between, so one open area a CPU is all there ever is.
 */
export class ArgumentPieces {
  readonly #open = new Map<
    number,
    { keyNs: bigint; pid: number; pieces: Buffer[]; size: number }
  >();

  /** Takes a piece; `bytes` is copied. A gap (a piece was lost) drops what was there. */
  add(cpu: number, pid: number, keyNs: bigint, offset: number, bytes: Uint8Array): void {
    let area = this.#open.get(cpu);
    if (offset === 0 || !area || area.pid !== pid || area.keyNs !== keyNs) {
      area = { keyNs, pid, pieces: [], size: 0 };
      this.#open.set(cpu, area);
    }
    if (offset !== area.size) return;
    area.pieces.push(Buffer.from(bytes));
    area.size += bytes.length;
  }

  /**
   * The area of an exec record: its pieces and `rest`, the part in the record itself.
   * @returns undefined if pieces are missing: `expected` bytes were sent and did not all arrive.
   */
  take(
    cpu: number,
    pid: number,
    keyNs: bigint,
    expected: number,
    rest: Buffer,
  ): Buffer | undefined {
    const area = this.#open.get(cpu);
    this.#open.delete(cpu);
    if (!area || area.pid !== pid || area.keyNs !== keyNs || area.size !== expected)
      return undefined;
    return Buffer.concat([...area.pieces, rest]);
  }
}
