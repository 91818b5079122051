/** What a resource record says, as text: in the form of master files, where there is one. */
import { addressText } from "../events/hook/addresses.js";
import { DnsProblem, type NameReader } from "./names.js";
import { RecordType } from "./types.js";

/** Of data that has no form of its own, so many bytes are shown. */
const mostHexBytes = 64;
/** Of texts, which may fill a whole message. */
const mostTextBytes = 4096;

const AF_INET = 2;
const AF_INET6 = 10;

/** `start` to `end`: the data in the message. Throws a `DnsProblem`. */
export function dataText(
  type: number,
  names: NameReader,
  view: DataView,
  start: number,
  end: number,
): string {
  const { bytes } = names;
  const need = (size: number) => {
    if (end - start < size) throw new DnsProblem("the data of a record is too short for its type");
  };
  switch (type) {
    case RecordType.A:
      if (end - start !== 4) throw new DnsProblem("an IPv4 address has not 4 bytes");
      return addressText(view, start, AF_INET);
    case RecordType.AAAA:
      if (end - start !== 16) throw new DnsProblem("an IPv6 address has not 16 bytes");
      return addressText(view, start, AF_INET6);
    case RecordType.NS:
    case RecordType.CNAME:
    case RecordType.PTR:
    case RecordType.DNAME:
      return names.read(start, end).name;
    case RecordType.MX:
      need(3);
      return `${view.getUint16(start)} ${names.read(start + 2, end).name}`;
    case RecordType.SRV: {
      need(7);
      const [priority, weight, port] = [0, 2, 4].map((at) => view.getUint16(start + at));
      return `${priority} ${weight} ${port} ${names.read(start + 6, end).name}`;
    }
    case RecordType.SOA: {
      const server = names.read(start, end);
      const mail = names.read(server.end, end);
      if (end - mail.end < 20) throw new DnsProblem("a SOA record is too short");
      const numbers = [0, 4, 8, 12, 16].map((at) => view.getUint32(mail.end + at));
      return `${server.name} ${mail.name} ${numbers.join(" ")}`;
    }
    case RecordType.TXT:
      return texts(bytes, start, end);
    case RecordType.SVCB:
    case RecordType.HTTPS:
      need(3);
      return service(names, view, start, end);
    case RecordType.CAA:
      need(2);
      return authority(bytes, start, end);
    default:
      return hex(bytes, start, end);
  }
}

/** RFC 3597. */
function hex(bytes: Buffer, start: number, end: number): string {
  const shown = bytes.subarray(start, Math.min(end, start + mostHexBytes)).toString("hex");
  return `\\# ${end - start}${shown && ` ${shown}`}${end - start > mostHexBytes ? "..." : ""}`;
}

function texts(bytes: Buffer, start: number, end: number): string {
  const parts: string[] = [];
  for (let at = start; at < end; ) {
    const length = bytes[at] as number;
    if (at + 1 + length > end) throw new DnsProblem("a text does not end within its record");
    if (at - start < mostTextBytes) parts.push(quoted(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return parts.join(" ");
}

function quoted(text: Buffer): string {
  return `"${text.toString("utf8").replace(/["\\]/g, "\\$&")}"`;
}

function authority(bytes: Buffer, start: number, end: number): string {
  const tagEnd = start + 2 + (bytes[start + 1] as number);
  if (tagEnd > end) throw new DnsProblem("a CAA record is too short");
  const tag = bytes.toString("latin1", start + 2, tagEnd);
  return `${bytes[start]} ${tag} ${quoted(bytes.subarray(tagEnd, end))}`;
}

const serviceKeys = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

/** RFC 9460: `1 . alpn=h2,h3 ipv4hint=192.0.2.1`. */
function service(names: NameReader, view: DataView, start: number, end: number): string {
  const { bytes } = names;
  const target = names.read(start + 2, end);
  const parts = [String(view.getUint16(start)), target.name];
  let at = target.end;
  while (at < end) {
    if (at + 4 > end) throw new DnsProblem("a parameter of a service does not end");
    const key = view.getUint16(at);
    const next = at + 4 + view.getUint16(at + 2);
    if (next > end) throw new DnsProblem("a parameter of a service does not end");
    const value = serviceValue(key, bytes, view, at + 4, next);
    parts.push(`${serviceKeys[key] ?? `key${key}`}${value && `=${value}`}`);
    at = next;
  }
  return parts.join(" ");
}

function serviceValue(key: number, bytes: Buffer, view: DataView, start: number, end: number) {
  const size = end - start;
  if (key === 1) {
    const protocols: string[] = [];
    for (let at = start; at < end; at += 1 + (bytes[at] as number))
      protocols.push(bytes.toString("latin1", at + 1, Math.min(at + 1 + (bytes[at] ?? 0), end)));
    return protocols.join(",");
  }
  if (key === 3 && size === 2) return String(view.getUint16(start));
  if (key === 4 && size % 4 === 0) return addresses(view, start, end, 4, AF_INET);
  if (key === 6 && size % 16 === 0) return addresses(view, start, end, 16, AF_INET6);
  return bytes.subarray(start, Math.min(end, start + mostHexBytes)).toString("hex");
}

function addresses(view: DataView, start: number, end: number, size: number, family: number) {
  const texts: string[] = [];
  for (let at = start; at < end; at += size) texts.push(addressText(view, at, family));
  return texts.join(",");
}
