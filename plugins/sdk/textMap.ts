import { Text } from "./text";
import { hashBytes } from "./textSet";

/**
 * Values by text. A key is copied when it is new; looking up makes no garbage. Bounded: what finds no
 * room is not kept, and the caller is told.
 */
export class TextMap<V> {
  private slots: StaticArray<i32>;
  private hashes: u32[] = [];
  private keys: string[] = [];
  private values: V[] = [];

  /** `capacity`: entries that it holds at most. */
  constructor(private readonly capacity: i32) {
    let size = 8;
    while (size < capacity * 2) size <<= 1;
    this.slots = new StaticArray<i32>(size);
  }

  get size(): i32 {
    return this.keys.length;
  }

  get isFull(): bool {
    return this.keys.length >= this.capacity;
  }

  /** Index of an entry, from 0 in the order in which they came; -1 if there is none. */
  indexOf(key: Text): i32 {
    const slots = this.slots;
    const mask = slots.length - 1;
    const hash = hashBytes(key.address, key.length);
    let slot = <i32>hash & mask;
    while (true) {
      const index = unchecked(slots[slot]) - 1;
      if (index < 0) return -1;
      if (unchecked(this.hashes[index]) == hash && key.equals(unchecked(this.keys[index]))) {
        return index;
      }
      slot = (slot + 1) & mask;
    }
  }

  has(key: Text): bool {
    return this.indexOf(key) >= 0;
  }

  /** Adds a key that is not there; returns its index, or -1 if it is full. */
  add(key: Text, value: V): i32 {
    return this.isFull
      ? -1
      : this.insert(key.toString(), hashBytes(key.address, key.length), value);
  }

  /** The same for a string, as when state is loaded. */
  addString(key: string, value: V): i32 {
    if (this.isFull) return -1;
    const bytes = String.UTF8.encode(key);
    return this.insert(key, hashBytes(changetype<usize>(bytes), bytes.byteLength), value);
  }

  keyAt(index: i32): string {
    return this.keys[index];
  }

  valueAt(index: i32): V {
    return this.values[index];
  }

  setAt(index: i32, value: V): void {
    this.values[index] = value;
  }

  clear(): void {
    this.keys = [];
    this.values = [];
    this.hashes = [];
    memory.fill(changetype<usize>(this.slots), 0, (<usize>this.slots.length) << 2);
  }

  private insert(key: string, hash: u32, value: V): i32 {
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = <i32>hash & mask;
    while (unchecked(slots[slot]) != 0) slot = (slot + 1) & mask;
    this.keys.push(key);
    this.values.push(value);
    this.hashes.push(hash);
    slots[slot] = this.keys.length;
    return this.keys.length - 1;
  }
}
