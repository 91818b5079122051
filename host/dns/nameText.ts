/** Of the texts that names become, the same few come again and again: they are kept. */
const slots = 2048;

/** Longest name as text: every byte of it escaped. */
const mostText = 4 * 256;

const dot = 0x2e;
const backslash = 0x5c;

/** Puts names together, label by label. */
export class NameText {
  readonly #text = Buffer.alloc(mostText);
  #length = 0;
  #hash = 0;
  readonly #known: (string | undefined)[] = new Array(slots);

  clear(): this {
    this.#length = 0;
    this.#hash = 0;
    return this;
  }

  /** A label, as master files write it: what is no plain character is escaped (RFC 4343). */
  add(bytes: Buffer, start: number, length: number): void {
    for (let at = start; at < start + length; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x20 && byte < 0x7f && byte !== dot && byte !== backslash) this.#put(byte);
      else this.#escape(byte);
    }
    this.#put(dot);
  }

  /** The name, which ends with `tail`; without labels it is the root. */
  with(tail: string): string {
    if (this.#length === 0) return tail || ".";
    const labels = this.#kept();
    return tail === "" || tail === "." ? labels : labels + tail;
  }

  #put(byte: number): void {
    this.#text[this.#length++] = byte;
    this.#hash = (Math.imul(this.#hash, 31) + byte) | 0;
  }

  #escape(byte: number): void {
    this.#put(backslash);
    const code = String(byte).padStart(3, "0");
    if (byte === dot || byte === backslash) this.#put(byte);
    else for (const digit of code) this.#put(digit.charCodeAt(0));
  }

  #kept(): string {
    const slot = (this.#hash ^ (this.#hash >>> 15)) & (slots - 1);
    const known = this.#known[slot];
    if (known !== undefined && this.#is(known)) return known;
    const made = this.#text.toString("latin1", 0, this.#length);
    this.#known[slot] = made;
    return made;
  }

  #is(known: string): boolean {
    if (known.length !== this.#length) return false;
    for (let n = 0; n < known.length; n++) if (known.charCodeAt(n) !== this.#text[n]) return false;
    return true;
  }
}
