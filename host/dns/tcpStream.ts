import { headerBytes } from "./names.js";

const lengthBytes = 2;
/** A message of the largest size. */
const mostWaiting = lengthBytes + 65_535;
/** Bytes that came too early, and in how many pieces. */
const mostEarlyBytes = 256 * 1024;
const mostEarlyPieces = 128;

interface Early {
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** One direction of a connection. */
export class TcpStream {
  /** Number of the next byte; undefined: of whichever comes first. */
  #next: number | undefined;
  /** Its beginning was not seen: whether lengths are where they seem to be is to be shown. */
  #isUnsure: boolean;
  readonly #isSound: (message: Buffer) => boolean;
  #waiting = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  #early: Early[] = [];
  #earlyBytes = 0;
  /** No more messages will be read. */
  isBroken = false;

  constructor(next: number | undefined, isSound: (message: Buffer) => boolean) {
    this.#next = next;
    this.#isUnsure = next === undefined;
    this.#isSound = isSound;
  }

  /** What is there and no message yet. */
  get waitingBytes(): number {
    return this.#to - this.#from + this.#earlyBytes;
  }

  add(sequence: number, bytes: Buffer, visit: (message: Buffer) => void): void {
    if (this.isBroken || bytes.length === 0) return;
    this.#next ??= sequence;
    if (!this.#take(sequence, bytes, visit)) this.#keep(sequence, bytes);
    else while (this.#takeEarly(visit));
  }

  /** @returns false if something is missing in front of it. */
  #take(sequence: number, bytes: Buffer, visit: (message: Buffer) => void): boolean {
    // Numbers begin anew after 2^32: what counts is the distance.
    const ahead = (sequence - (this.#next ?? sequence)) | 0;
    if (ahead > 0) return false;
    // It came before, all of it or its start.
    const fresh = bytes.subarray(-ahead);
    if (fresh.length === 0) return true;
    this.#next = (sequence + bytes.length) | 0;
    this.#append(fresh, visit);
    return true;
  }

  #takeEarly(visit: (message: Buffer) => void): boolean {
    if (this.isBroken) return false;
    const index = this.#early.findIndex(
      ({ sequence }) => ((sequence - (this.#next ?? 0)) | 0) <= 0,
    );
    if (index < 0) return false;
    const [piece] = this.#early.splice(index, 1);
    if (!piece) return false;
    this.#earlyBytes -= piece.bytes.length;
    return this.#take(piece.sequence, piece.bytes, visit);
  }

  #keep(sequence: number, bytes: Buffer): void {
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes > mostEarlyBytes || this.#early.length >= mostEarlyPieces) this.#break();
    else this.#early.push({ sequence, bytes: Buffer.from(bytes) });
  }

  /** A packet may have many messages; what is no whole one waits, at most one of the largest size. */
  #append(bytes: Buffer, visit: (message: Buffer) => void): void {
    for (let at = 0; at < bytes.length && !this.isBroken; ) {
      const room = mostWaiting - (this.#to - this.#from);
      const part = bytes.subarray(at, at + room);
      this.#put(part);
      at += part.length;
      this.#visitWhole(visit);
    }
  }

  #put(part: Buffer): void {
    const held = this.#to - this.#from;
    if (this.#to + part.length > this.#waiting.length) {
      const size = Math.min(Math.max(2 * (held + part.length), 512), 2 * mostWaiting);
      const larger = size > this.#waiting.length ? Buffer.alloc(size) : this.#waiting;
      this.#waiting.copy(larger, 0, this.#from, this.#to);
      this.#waiting = larger;
      this.#from = 0;
      this.#to = held;
    }
    part.copy(this.#waiting, this.#to);
    this.#to += part.length;
  }

  #visitWhole(visit: (message: Buffer) => void): void {
    while (this.#to - this.#from >= lengthBytes) {
      const length = this.#waiting.readUInt16BE(this.#from);
      const end = this.#from + lengthBytes + length;
      if (length >= headerBytes && end > this.#to) return;
      const message = this.#waiting.subarray(this.#from + lengthBytes, end);
      if (length < headerBytes || (this.#isUnsure && !this.#isSound(message))) {
        this.#break();
        return;
      }
      this.#isUnsure = false;
      this.#from = end;
      visit(message);
    }
  }

  #break(): void {
    this.isBroken = true;
    this.#early = [];
    this.#earlyBytes = 0;
    this.#waiting = Buffer.alloc(0);
    this.#from = this.#to = 0;
  }
}
