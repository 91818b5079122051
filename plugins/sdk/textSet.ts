import { Text } from "./text";

/**
 * A fixed set of texts, asked by their UTF-8 bytes: `SHELLS.has(process.binary.basename)`. One hash
 * and usually one comparison, however many there are, and no garbage.
 */
export class TextSet {
  /** Index + 1 of the text in each slot; 0: free. A power of two of them, at most half full. */
  private slots: StaticArray<i32>;
  private hashes: StaticArray<u32>;

  constructor(private texts: string[]) {
    let size = 8;
    while (size < texts.length * 2) size <<= 1;
    const slots = new StaticArray<i32>(size);
    const hashes = new StaticArray<u32>(texts.length);
    for (let index = 0; index < texts.length; ++index) {
      const bytes = String.UTF8.encode(texts[index]);
      const hash = hashBytes(changetype<usize>(bytes), bytes.byteLength);
      let slot = <i32>hash & (size - 1);
      while (slots[slot] != 0) slot = (slot + 1) & (size - 1);
      slots[slot] = index + 1;
      hashes[index] = hash;
    }
    this.slots = slots;
    this.hashes = hashes;
  }

  has(text: Text): bool {
    return this.indexOf(text) >= 0;
  }

  /** Where `text` stands in the list that the set was made of, or -1. */
  indexOf(text: Text): i32 {
    const slots = this.slots;
    const mask = slots.length - 1;
    const hash = hashBytes(text.address, text.length);
    let slot = <i32>hash & mask;
    while (true) {
      const index = unchecked(slots[slot]) - 1;
      if (index < 0) return -1;
      if (unchecked(this.hashes[index]) == hash && text.equals(unchecked(this.texts[index]))) {
        return index;
      }
      slot = (slot + 1) & mask;
    }
  }
}

/** FNV-1a. */
export function hashBytes(address: usize, length: i32): u32 {
  let hash: u32 = 2166136261;
  const end = address + <usize>length;
  for (let at = address; at < end; ++at) {
    hash = (hash ^ <u32>load<u8>(at)) * 16777619;
  }
  return hash;
}
