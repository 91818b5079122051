/** Network addresses as text. Remembers the latest: the same few peers come again and again. */
import { AF_INET6 } from "./names.js";

const most = 4096;
const known4 = new Map<number, string>();
const known6 = new Map<string, string>();

/** Of 16 bytes at `at`, network order; IPv4 in the first four. */
export function addressText(view: DataView, at: number, family: number): string {
  return family === AF_INET6 ? ipv6(view, at) : ipv4(view, at);
}

function ipv4(view: DataView, at: number): string {
  const address = view.getUint32(at);
  let text = known4.get(address);
  if (text === undefined) {
    text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
    remember(known4, address, text);
  }
  return text;
}

function ipv6(view: DataView, at: number): string {
  const key = Buffer.from(view.buffer, view.byteOffset + at, 16).toString("latin1");
  let text = known6.get(key);
  if (text === undefined) {
    const groups = Array.from({ length: 8 }, (_, n) => view.getUint16(at + 2 * n));
    text = ipv6Text(groups);
    remember(known6, key, text);
  }
  return text;
}

function remember<K>(known: Map<K, string>, key: K, text: string): void {
  if (known.size >= most) known.clear();
  known.set(key, text);
}

/** RFC 5952: lower case, the longest run of zeros, the first of equals, becomes `::`. */
function ipv6Text(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return `::ffff:${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`;
  }
  let from = -1;
  let length = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > length) {
      from = start;
      length = end - start;
    }
  }
  const hex = (some: readonly number[]) => some.map((group) => group.toString(16)).join(":");
  if (from === -1) return hex(groups);
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`;
}
