import { Held, takeHeld } from "./made";

/** Writes what the next version is to know, in `onSave`; it reads the same in the same order. */
export class StateWriter {
  private bytes: Uint8Array = new Uint8Array(1024);
  private length: i32 = 4;

  number(value: u64): void {
    store<u64>(this.take(8), value);
  }

  text(value: string): void {
    const bytes = String.UTF8.encode(value);
    store<u32>(this.take(4), bytes.byteLength);
    memory.copy(this.take(bytes.byteLength), changetype<usize>(bytes), bytes.byteLength);
  }

  /** A held event: the host goes on holding it. */
  held(value: Held): void {
    store<u32>(this.take(4), value.slot);
  }

  /** Where it lies: its bytes, 32 bits, and then what was written. */
  finish(): usize {
    store<u32>(this.bytes.dataStart, this.length - 4);
    return this.bytes.dataStart;
  }

  private take(count: i32): usize {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(max(this.length, this.bytes.length * 2));
      memory.copy(larger.dataStart, this.bytes.dataStart, <usize>at);
      this.bytes = larger;
    }
    return this.bytes.dataStart + <usize>at;
  }
}

/** Reads in `onLoad` what the version before wrote. Reading beyond its end aborts. */
export class StateReader {
  private end: usize;

  constructor(
    private at: usize,
    bytes: i32,
  ) {
    this.end = at + <usize>bytes;
  }

  /** Whether there is more to read. */
  get hasMore(): bool {
    return this.at < this.end;
  }

  number(): u64 {
    return load<u64>(this.take(8));
  }

  text(): string {
    const length = load<u32>(this.take(4));
    return String.UTF8.decodeUnsafe(this.take(length), length);
  }

  held(): Held {
    return takeHeld(load<u32>(this.take(4)));
  }

  private take(count: usize): usize {
    const at = this.at;
    if (count > this.end - at)
      throw new Error("the state ends too early: another version wrote it");
    this.at = at + count;
    return at;
  }
}
