/** Lines on their way into a file, in one piece of memory; those before `next` are in a file. */
export class LineBatch {
  /** The first line that is not in a file yet. */
  next = 0;
  #bytes = Buffer.allocUnsafeSlow(keptBytes);
  #length = 0;
  readonly #ends: number[] = [];

  get bytes(): Buffer {
    return this.#bytes;
  }

  get count(): number {
    return this.#ends.length;
  }

  get left(): number {
    return this.#ends.length - this.next;
  }

  /** Adds a line; `text` has no newline. */
  add(text: string): void {
    // No character takes more than three bytes of UTF-8 for one unit of the string.
    this.#reserve(3 * text.length + 1);
    this.#length += this.#bytes.write(text, this.#length);
    this.#bytes[this.#length++] = newline;
    this.#ends.push(this.#length);
  }

  /** Where the line ends, behind its newline; of -1: where the first begins. */
  endOf(line: number): number {
    return line < 0 ? 0 : (this.#ends[line] as number);
  }

  /** The first line, from `next` on, that does not end within so many bytes; `count` if all do. */
  firstBeyond(bytes: number): number {
    const most = this.endOf(this.next - 1) + bytes;
    if (this.endOf(this.count - 1) <= most) return this.count;
    let line = this.next;
    while (this.endOf(line) <= most) line++;
    return line;
  }

  clear(): void {
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(keptBytes);
    this.#length = 0;
    this.#ends.length = 0;
    this.next = 0;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const newline = 0x0a;
/** What usual batches need. */
const keptBytes = 1 << 20;
