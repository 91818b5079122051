import { StateReader, StateWriter } from "./state";
import { Text } from "./text";
import { TextMap } from "./textMap";

/** Counts by text: bounded, and no garbage but for keys that are new. */
export class Counters {
  private readonly map: TextMap<u64>;
  /** What was added to keys that found no room. */
  overflow: u64 = 0;

  constructor(capacity: i32 = 1024) {
    this.map = new TextMap<u64>(capacity);
  }

  get size(): i32 {
    return this.map.size;
  }

  /** Returns the new count; 0 if there is no room for the key. */
  add(key: Text, count: u64 = 1): u64 {
    const index = this.map.indexOf(key);
    if (index >= 0) {
      const sum = this.map.valueAt(index) + count;
      this.map.setAt(index, sum);
      return sum;
    }
    if (this.map.add(key, count) >= 0) return count;
    this.overflow += count;
    return 0;
  }

  get(key: Text): u64 {
    const index = this.map.indexOf(key);
    return index < 0 ? 0 : this.map.valueAt(index);
  }

  /** Keys and counts by number, from 0 up to `size`, in the order in which they came. */
  keyAt(index: i32): string {
    return this.map.keyAt(index);
  }

  countAt(index: i32): u64 {
    return this.map.valueAt(index);
  }

  clear(): void {
    this.map.clear();
    this.overflow = 0;
  }

  save(state: StateWriter): void {
    state.number(this.size);
    for (let n = 0; n < this.size; ++n) {
      state.text(this.keyAt(n));
      state.number(this.countAt(n));
    }
  }

  load(state: StateReader): void {
    this.clear();
    for (let left = state.number(); left > 0; --left) {
      const key = state.text();
      this.map.addString(key, state.number());
    }
  }
}

/**
 * The most frequent texts of a stream in fixed memory (the space-saving algorithm): a text that is
 * among the true top is never missing; a count may be too high, by at most `errorAt`.
 */
export class TopK {
  private readonly keys: string[] = [];
  private readonly counts: u64[] = [];
  private readonly errors: u64[] = [];

  constructor(readonly k: i32) {}

  get size(): i32 {
    return this.keys.length;
  }

  add(key: Text, count: u64 = 1): void {
    let least = 0;
    for (let n = 0; n < this.keys.length; ++n) {
      if (key.equals(unchecked(this.keys[n]))) {
        this.counts[n] += count;
        return;
      }
      if (unchecked(this.counts[n]) < unchecked(this.counts[least])) least = n;
    }
    if (this.keys.length < this.k) {
      this.keys.push(key.toString());
      this.counts.push(count);
      this.errors.push(0);
      return;
    }
    this.keys[least] = key.toString();
    this.errors[least] = this.counts[least];
    this.counts[least] += count;
  }

  /** Indices, the most frequent first. */
  order(): i32[] {
    const order: i32[] = [];
    for (let n = 0; n < this.keys.length; ++n) {
      let place = order.length;
      order.push(n);
      while (place > 0 && this.counts[order[place - 1]] < this.counts[n]) {
        order[place] = order[place - 1];
        --place;
      }
      order[place] = n;
    }
    return order;
  }

  keyAt(index: i32): string {
    return this.keys[index];
  }

  countAt(index: i32): u64 {
    return this.counts[index];
  }

  errorAt(index: i32): u64 {
    return this.errors[index];
  }

  clear(): void {
    this.keys.length = 0;
    this.counts.length = 0;
    this.errors.length = 0;
  }
}
