import { PLUGIN_LIMITS } from "../limits.js";

/**
 * Keys and values that the host keeps for a plugin: they outlive its instances and its versions.
 * What a call writes takes effect when the call has gone well; a call that fails has written nothing.
 */
export class KeyValues {
  private readonly kept = new Map<string, Uint8Array>();
  /** Bytes of keys and values. */
  private bytes = 0;
  /** Another number whenever something has changed. */
  changes = 0;
  /** What the call at work has written; null: deleted. */
  private readonly written = new Map<string, Uint8Array | null>();
  private writtenBytes = 0;
  private writtenEntries = 0;

  get size(): number {
    return this.kept.size;
  }

  get(key: string): Uint8Array | undefined {
    const written = this.written.get(key);
    if (written !== undefined) return written ?? undefined;
    return this.kept.get(key);
  }

  /** `value` is kept as it is, not copied. Returns whether there was room. */
  set(key: string, value: Uint8Array): boolean {
    const before = this.get(key);
    const bytes = value.length - (before ? before.length : -key.length);
    const entries = before ? 0 : 1;
    if (this.bytes + this.writtenBytes + bytes > PLUGIN_LIMITS.kvBytes) return false;
    if (this.kept.size + this.writtenEntries + entries > PLUGIN_LIMITS.kvEntries) return false;
    this.writtenBytes += bytes;
    this.writtenEntries += entries;
    this.written.set(key, value);
    return true;
  }

  /** Returns whether it was there. */
  delete(key: string): boolean {
    const before = this.get(key);
    if (!before) return false;
    this.writtenBytes -= key.length + before.length;
    this.writtenEntries--;
    this.written.set(key, null);
    return true;
  }

  /** The call went well: what it wrote stays. */
  commit(): void {
    if (this.written.size === 0) return;
    for (const [key, value] of this.written) {
      if (value === null) this.kept.delete(key);
      else this.kept.set(key, value);
    }
    this.bytes += this.writtenBytes;
    this.changes++;
    this.rollBack();
  }

  /** The call failed: what it wrote is forgotten. */
  rollBack(): void {
    this.written.clear();
    this.writtenBytes = 0;
    this.writtenEntries = 0;
  }

  /** Keeps these as well, as far as there is room: what an earlier daemon, or another version, had kept. */
  load(entries: Iterable<readonly [string, Uint8Array]>): void {
    for (const [key, value] of entries) this.set(key, value);
    this.commit();
  }

  /** Keeps what the other keeps, and nothing else. */
  copyFrom(other: KeyValues): void {
    this.rollBack();
    this.kept.clear();
    this.bytes = 0;
    this.load(other.entries());
  }

  entries(): IterableIterator<[string, Uint8Array]> {
    return this.kept.entries();
  }
}
