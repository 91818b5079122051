/**
 * Names as they are in a message: labels, of which the last may be a pointer to labels before it. What
 * a packet says is anybody's: every step is bounded.
 */

import { NameText } from "./nameText.js";

/** What is wrong with a message, in words. */
export class DnsProblem extends Error {}

/** Bytes of a name, with the length in front of each label (RFC 1035). */
const mostNameBytes = 255;

/** Where names become text; they do so one after another. */
const nameText = new NameText();

export interface ReadName {
  /** With a dot at the end; of the root just that. */
  readonly name: string;
  /** Where what follows it begins. */
  readonly end: number;
}

/** Reads names of one message; remembers them, since most are pointers to one that was read before. */
export class NameReader {
  readonly #known = new Map<number, string>();

  constructor(readonly bytes: Buffer) {}

  /** Throws a `DnsProblem`. */
  read(start: number, limit: number): ReadName {
    const { bytes } = this;
    const text = nameText.clear();
    let tail = "";
    let used = 0;
    let end = -1;
    let at = start;
    let stop = limit;
    // A pointer goes back, behind no place where we were: so there is no loop.
    let lowest = start;
    for (;;) {
      if (at >= stop) throw new DnsProblem("a name does not end");
      const length = bytes[at] as number;
      if (length === 0) {
        if (end < 0) end = at + 1;
        break;
      }
      if (length < 64) {
        used += length + 1;
        if (used >= mostNameBytes) throw new DnsProblem("a name is longer than 255 bytes");
        if (at + 1 + length > stop) throw new DnsProblem("a label does not end");
        text.add(bytes, at + 1, length);
        at += 1 + length;
        continue;
      }
      if (length < 0xc0) throw new DnsProblem("a label is of a kind that does not exist");
      if (at + 2 > stop) throw new DnsProblem("a pointer does not end");
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] as number);
      if (end < 0) end = at + 2;
      if (target >= lowest) throw new DnsProblem("a name points at itself or forward");
      if (target < headerBytes) throw new DnsProblem("a name points into the header");
      const known = this.#known.get(target);
      if (known !== undefined) {
        if (used + known.length >= mostNameBytes && used + wireBytes(known) > mostNameBytes)
          throw new DnsProblem("a name is longer than 255 bytes");
        tail = known;
        break;
      }
      lowest = target;
      at = target;
      stop = bytes.length;
    }
    const name = text.with(tail);
    this.#known.set(start, name);
    return { name, end };
  }
}

export const headerBytes = 12;

/** Of a name as text, in a message; no more than that: escapes are longer as text. */
const wireBytes = (name: string): number =>
  name === "." ? 1 : name.replace(/\\(?:\d{3}|.)/g, "x").length + 1;
