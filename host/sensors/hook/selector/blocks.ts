/** Ranges and networks as blocks of a binary trie: all values with the same first bits. */

export interface Block {
  /** How many of the first bits count. */
  readonly bits: number;
  /** 4 or 6; of numbers 0. */
  readonly family: number;
  readonly value: Uint8Array;
}

const width = 64n;

/** Both ends included. Signed numbers are moved up by half of all, as the programs do it. */
export function rangeBlocks(from: bigint, to: bigint, isSigned: boolean): Block[] {
  const bias = isSigned ? 1n << (width - 1n) : 0n;
  const move = (value: bigint) => BigInt.asUintN(64, value) ^ bias;
  const end = move(to);
  const blocks: Block[] = [];
  for (let at = move(from); at <= end; ) {
    let size = 0n;
    while (size < width && isAligned(at, size + 1n) && at + (1n << (size + 1n)) - 1n <= end) size++;
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, at);
    blocks.push({ bits: Number(width - size), family: 0, value });
    at += 1n << size;
  }
  return blocks;
}

const isAligned = (value: bigint, bits: bigint): boolean => (value & ((1n << bits) - 1n)) === 0n;

const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** IPv4 in IPv6 is IPv4, as the programs see it. */
export function addressBlocks(network: {
  readonly address: Uint8Array;
  readonly bits: number;
}): Block {
  const { address, bits } = network;
  if (address.length === 4) return { bits, family: 4, value: address };
  const isMapped = bits >= 96 && mapped.every((byte, i) => address[i] === byte);
  if (isMapped) return { bits: bits - 96, family: 4, value: address.slice(12) };
  return { bits, family: 6, value: address };
}
