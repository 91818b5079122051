const prefixBytes = 5;

/** A copy of the first `count` frames; undefined: of all. */
export function cutFrames(bytes: Uint8Array, count?: number): Uint8Array<ArrayBuffer> {
  if (count === undefined) return new Uint8Array(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = 0;
  for (let frame = 0; frame < count; frame++) end += prefixBytes + view.getUint32(end + 1);
  return new Uint8Array(bytes.subarray(0, end));
}
