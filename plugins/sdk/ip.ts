import { Address } from "./address";
import { Text } from "./text";

/** The address read last: 128 bits; version 4 as `::ffff:a.b.c.d`. */
let high: u64 = 0;
let low: u64 = 0;

/** A set of networks, `10.0.0.0/8` or `fe80::/10`, and single addresses. Makes no garbage when asked. */
export class IpSet {
  private readonly highs: StaticArray<u64>;
  private readonly lows: StaticArray<u64>;
  /** Bits that count, of 128. */
  private readonly widths: StaticArray<i32>;

  /** Aborts if one of them is no network. */
  constructor(networks: string[]) {
    const count = networks.length;
    const highs = new StaticArray<u64>(count);
    const lows = new StaticArray<u64>(count);
    const widths = new StaticArray<i32>(count);
    for (let n = 0; n < count; ++n) {
      const network = networks[n];
      const slash = network.indexOf("/");
      const address = String.UTF8.encode(slash < 0 ? network : network.substring(0, slash));
      const isShort = !network.includes(":");
      const most = isShort ? 32 : 128;
      const width = slash < 0 ? most : <i32>parseInt(network.substring(slash + 1), 10);
      const isGood = parse(changetype<usize>(address), address.byteLength);
      if (!isGood || width < 0 || width > most) throw new Error(`${network} is no network`);
      highs[n] = high;
      lows[n] = low;
      widths[n] = isShort ? width + 96 : width;
    }
    this.highs = highs;
    this.lows = lows;
    this.widths = widths;
  }

  /** Whether the text is an address in one of the networks. */
  has(address: Text): bool {
    return parse(address.address, address.length) && this.hasLast();
  }

  /** The same of an address that an event has: `networks.hasAddress(arg.sock.daddr)`. */
  hasAddress(address: Address): bool {
    if (address.isV6) {
      high = bswap<u64>(load<u64>(changetype<usize>(address)));
      low = bswap<u64>(load<u64>(changetype<usize>(address), 8));
    } else if (address.isV4) {
      high = 0;
      low = 0xffff_0000_0000 | <u64>address.v4;
    } else return false;
    return this.hasLast();
  }

  private hasLast(): bool {
    for (let n = 0; n < this.widths.length; ++n) {
      const width = unchecked(this.widths[n]);
      const ofHigh = width >= 64 ? u64.MAX_VALUE : width == 0 ? 0 : u64.MAX_VALUE << (64 - width);
      const ofLow = width <= 64 ? 0 : u64.MAX_VALUE << (128 - width);
      if (
        ((unchecked(this.highs[n]) ^ high) & ofHigh) == 0 &&
        ((unchecked(this.lows[n]) ^ low) & ofLow) == 0
      ) {
        return true;
      }
    }
    return false;
  }
}

/** Networks that are not of the internet: private, link-local, loopback, carrier NAT, multicast. */
export const LOCAL_NETWORKS: string[] = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/4",
  "::/127",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
];

/** Whether the text is an IP address. */
export function isIp(address: Text): bool {
  return parse(address.address, address.length);
}

/** Whether the text is an IP address of version 6. */
export function isIpV6(address: Text): bool {
  return address.indexOf(":") >= 0 && isIp(address);
}

/** Reads an address into `high` and `low`. */
function parse(at: usize, length: i32): bool {
  const end = at + <usize>length;
  for (let position = at; position < end; ++position) {
    if (load<u8>(position) == 0x3a) return parseV6(at, end);
  }
  const four = parseV4(at, end);
  if (four < 0) return false;
  high = 0;
  low = 0xffff_0000_0000 | <u64>four;
  return true;
}

/** -1 if it is none. */
function parseV4(at: usize, end: usize): i64 {
  let address: i64 = 0;
  for (let part = 0; part < 4; ++part) {
    if (part > 0 && (at >= end || load<u8>(at++) != 0x2e)) return -1;
    let value = 0;
    let digits = 0;
    for (; at < end && digits < 4; ++at, ++digits) {
      const digit = <i32>load<u8>(at) - 0x30;
      if (<u32>digit > 9) break;
      value = value * 10 + digit;
    }
    if (digits == 0 || digits > 3 || value > 255) return -1;
    // Some read 010 as 8: what is not clear is no address.
    if (digits > 1 && load<u8>(at - <usize>digits) == 0x30) return -1;
    address = (address << 8) | value;
  }
  return at == end ? address : -1;
}

/** Groups before `::` fill from the top, those behind it from the bottom. */
function parseV6(at: usize, end: usize): bool {
  let topHigh: u64 = 0;
  let topLow: u64 = 0;
  let restHigh: u64 = 0;
  let restLow: u64 = 0;
  let groups = 0;
  let gap = -1;
  if (at + 1 < end && load<u8>(at) == 0x3a) {
    if (load<u8>(at, 1) != 0x3a) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    if (groups == 8) return false;
    let value: u64 = 0;
    let digits = 0;
    const start = at;
    for (; at < end && digits < 5; ++at, ++digits) {
      const digit = hexDigit(load<u8>(at));
      if (digit < 0) break;
      value = (value << 4) | <u64>digit;
    }
    if (at < end && load<u8>(at) == 0x2e) {
      const four = parseV4(start, end);
      if (four < 0 || groups > 6) return false;
      restHigh = (restHigh << 32) | (restLow >> 32);
      restLow = (restLow << 32) | <u64>four;
      groups += 2;
      at = end;
      break;
    }
    if (digits == 0 || digits > 4) return false;
    restHigh = (restHigh << 16) | (restLow >> 48);
    restLow = (restLow << 16) | value;
    ++groups;
    if (at == end) break;
    if (load<u8>(at++) != 0x3a || at == end) return false;
    if (load<u8>(at) == 0x3a) {
      if (gap >= 0) return false;
      gap = groups;
      topHigh = restHigh;
      topLow = restLow;
      restHigh = restLow = 0;
      ++at;
    }
  }
  if (gap < 0) {
    if (groups != 8) return false;
    high = restHigh;
    low = restLow;
    return true;
  }
  if (groups > 7) return false;
  // What stands before the gap moves up to the top.
  for (let shift = (8 - gap) * 16; shift > 0; shift -= 16) {
    topHigh = (topHigh << 16) | (topLow >> 48);
    topLow <<= 16;
  }
  high = topHigh | restHigh;
  low = topLow | restLow;
  return true;
}

function hexDigit(byte: u8): i32 {
  const digit = <i32>byte - 0x30;
  if (<u32>digit <= 9) return digit;
  const letter = (<i32>byte | 0x20) - 0x61;
  return <u32>letter < 6 ? letter + 10 : -1;
}
