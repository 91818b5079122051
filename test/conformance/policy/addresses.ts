/** Socket addresses as user space passes them, for workloads: bytes in `#HEX`. */

export const ipv4 = (address: string, port: number): string => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16BE(port, 2);
  Buffer.from(address.split(".").map(Number)).copy(bytes, 4);
  return hex(bytes);
};

export const ipv6 = (words: readonly number[], port: number): string => {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(10, 0);
  bytes.writeUInt16BE(port, 2);
  for (const [i, word] of words.entries()) bytes.writeUInt16BE(word, 8 + 2 * i);
  return hex(bytes);
};

/** An IPv4 address as IPv6 has it. */
export const mapped = (address: string, port: number): string => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return ipv6([0, 0, 0, 0, 0, 0xffff, (a << 8) | b, (c << 8) | d], port);
};

/** `name` begins with NUL: none of a file. */
export const unixName = (name: string): string => hex(Buffer.from(`\x01\0${name}`, "latin1"));

export const uint32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return hex(bytes);
};

/** Bytes of an address that is passed. */
export const lengthOf = (address: string): string => String((address.length - 1) / 2);

export function hex(bytes: Uint8Array): string {
  return `#${Buffer.from(bytes).toString("hex")}`;
}
