/**
 * What the host keeps for a plugin, as bytes: for each entry 16 bits with the length of the key, 32 with
 * that of the value, both. Little endian.
 */

const headBytes = 6;

export function writeKept(entries: Iterable<readonly [string, Uint8Array]>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [key, value] of entries) {
    const head = Buffer.alloc(headBytes);
    const name = Buffer.from(key, "latin1");
    head.writeUInt16LE(name.length, 0);
    head.writeUInt32LE(value.length, 2);
    parts.push(head, name, value);
  }
  return Buffer.concat(parts);
}

/** Up to the first entry that is not whole. */
export function readKept(bytes: Uint8Array): [string, Uint8Array][] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: [string, Uint8Array][] = [];
  for (let at = 0; at + headBytes <= all.length; ) {
    const valueAt = at + headBytes + all.readUInt16LE(at);
    const end = valueAt + all.readUInt32LE(at + 2);
    if (end > all.length) break;
    const key = all.toString("latin1", at + headBytes, valueAt);
    entries.push([key, new Uint8Array(all.subarray(valueAt, end))]);
    at = end;
  }
  return entries;
}
