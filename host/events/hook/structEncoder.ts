/** Arguments that are structs in the record: files, sockets, credentials and the like. */
import { addressText } from "./addresses.js";
import type { ArgumentCursor } from "./argumentCursor.js";
import { argumentField, encodeCapabilities } from "./argumentFields.js";
import { ArgumentKind, PathFlag } from "./constants.js";
import type { FieldWriter } from "./fieldWriter.js";
import type { HookArgument } from "./hook.js";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  familyName,
  mapTypeName,
  perfTypeName,
  permissionText,
  programTypeName,
  protocolName,
  socketTypeName,
  tcpStateName,
} from "./names.js";

export function encodeStruct(
  cursor: ArgumentCursor,
  argument: HookArgument | undefined,
  to: FieldWriter,
): void {
  const encode = encoders[cursor.kind];
  if (!encode) return;
  const [field, content] = encode;
  const isPath = cursor.kind === ArgumentKind.PATH && argument !== undefined && !argument.isFile;
  const start = to.begin(isPath ? argumentField.path : field);
  content(cursor, to);
  to.end(start);
}

type Content = (cursor: ArgumentCursor, to: FieldWriter) => void;

const encoders: Readonly<Record<number, readonly [field: number, content: Content]>> = {
  [ArgumentKind.PATH]: [argumentField.file, encodePath],
  [ArgumentKind.SOCK]: [argumentField.sock, encodeSock],
  [ArgumentKind.SKB]: [argumentField.skb, encodeSkb],
  [ArgumentKind.SOCKADDR]: [argumentField.sockaddr, encodeSockaddr],
  [ArgumentKind.CRED]: [argumentField.cred, encodeCred],
  [ArgumentKind.USER_NS]: [argumentField.userNs, encodeUserNs],
  [ArgumentKind.BPF_ATTR]: [argumentField.bpfAttr, encodeProgram],
  [ArgumentKind.BPF_PROG]: [argumentField.bpfProg, encodeProgram],
  [ArgumentKind.BPF_MAP]: [argumentField.bpfMap, encodeMap],
  [ArgumentKind.PERF_EVENT]: [argumentField.perfEvent, encodePerfEvent],
  [ArgumentKind.MODULE]: [argumentField.module, encodeModule],
};

function unresolvedText(flags: number): string {
  const names = [
    (flags & PathFlag.UNRESOLVED_MOUNTS) !== 0 ? "unresolvedMountPoints" : "",
    (flags & PathFlag.UNRESOLVED_COMPONENTS) !== 0 ? "unresolvedPathComponents" : "",
  ];
  return names.filter((name) => name !== "").join(" ");
}

function encodePath(cursor: ArgumentCursor, to: FieldWriter): void {
  const { path: of } = cursor.data.fields;
  const flags = cursor.u32(of.flags);
  const mode = cursor.u32(of.mode);
  to.textIn(2, cursor.data.bytes, cursor.start + of.end, cursor.end);
  const isUnresolved = PathFlag.UNRESOLVED_MOUNTS | PathFlag.UNRESOLVED_COMPONENTS;
  if ((flags & isUnresolved) !== 0) to.string(3, unresolvedText(flags));
  if (mode !== 0) to.string(2004, permissionText(mode));
  to.uint(2005, mode);
  to.flag(2006, (flags & PathFlag.FOLLOWED) !== 0);
}

function encodeSock(cursor: ArgumentCursor, to: FieldWriter): void {
  const { sock: of } = cursor.data.fields;
  const { view } = cursor.data;
  const family = cursor.u16(of.family);
  to.string(1, familyName(family));
  to.string(2, socketTypeName(cursor.u16(of.type)));
  const protocol = cursor.u16(of.protocol);
  to.string(3, protocolName(protocol));
  to.uint(4, cursor.u32(of.mark));
  to.uint(5, cursor.u32(of.priority));
  if (isInternet(family)) {
    to.string(6, addressText(view, cursor.start + of.source, family));
    to.string(7, addressText(view, cursor.start + of.destination, family));
  }
  to.uint(8, cursor.u16(of.source_port));
  to.uint(9, cursor.u16(of.destination_port));
  to.uint64(2010, cursor.u32(of.cookie), cursor.u32(of.cookie + 4));
  if (protocol === tcp) to.string(2011, tcpStateName(cursor.u16(of.state)));
}

const tcp = 6;

function isInternet(family: number): boolean {
  return family === AF_INET || family === AF_INET6;
}

function encodeSkb(cursor: ArgumentCursor, to: FieldWriter): void {
  const { skb: of } = cursor.data.fields;
  const { view } = cursor.data;
  const family = cursor.u16(of.family);
  const protocol = cursor.u16(of.protocol);
  to.uint(1, cursor.u32(of.hash));
  to.uint(2, cursor.u32(of.length));
  to.uint(3, cursor.u32(of.priority));
  to.uint(4, cursor.u32(of.mark));
  if (isInternet(family)) {
    to.string(5, addressText(view, cursor.start + of.source, family));
    to.string(6, addressText(view, cursor.start + of.destination, family));
  }
  to.uint(7, cursor.u16(of.source_port));
  to.uint(8, cursor.u16(of.destination_port));
  to.uint(9, protocol);
  to.uint(10, cursor.u32(of.sec_path_length));
  to.uint(11, cursor.u32(of.sec_path_olen));
  to.string(2012, protocolName(protocol));
  to.string(2013, familyName(family));
}

function encodeSockaddr(cursor: ArgumentCursor, to: FieldWriter): void {
  const { sockaddr: of } = cursor.data.fields;
  const family = cursor.u16(of.family);
  to.string(1, familyName(family));
  if (isInternet(family))
    to.string(2, addressText(cursor.data.view, cursor.start + of.address, family));
  else if (family === AF_UNIX) to.string(2, unixName(cursor.rest(of.end)));
  to.uint(3, cursor.u16(of.port));
}

/** An abstract name begins with NUL and may hold others; a path ends at the first. */
function unixName(name: Buffer): string {
  if (name[0] === 0) return name.length === 1 ? "" : `@${name.toString("utf8", 1)}`;
  const end = name.indexOf(0);
  return name.toString("utf8", 0, end === -1 ? name.length : end);
}

const credIds = [
  "uid",
  "gid",
  "euid",
  "egid",
  "suid",
  "sgid",
  "fsuid",
  "fsgid",
  "secure_bits",
] as const;

function encodeCred(cursor: ArgumentCursor, to: FieldWriter): void {
  const { cred: of } = cursor.data.fields;
  const sets = [of.cap_permitted, of.cap_effective, of.cap_inheritable];
  sets.forEach((at, n) => {
    encodeCapabilities(n + 1, cursor.u32(at), cursor.u32(at + 4), to);
  });
  credIds.forEach((name, n) => {
    to.uint(2001 + n, cursor.u32(of[name]));
  });
  to.uint(2011, cursor.u32(of.user_ns));
}

function encodeUserNs(cursor: ArgumentCursor, to: FieldWriter): void {
  const { userNs: of } = cursor.data.fields;
  to.int32(1, cursor.u32(of.level) | 0);
  to.uint(2, cursor.u32(of.uid));
  to.uint(3, cursor.u32(of.gid));
  to.uint(4, cursor.u32(of.ns));
}

const objectNameBytes = 16;
const longNameBytes = 64;

function encodeProgram(cursor: ArgumentCursor, to: FieldWriter): void {
  const { bpf: of } = cursor.data.fields;
  to.string(1, programTypeName(cursor.u32(of.type)));
  to.uint(2, cursor.u32(of.instructions));
  to.text(3, cursor.fixedText(of.name, objectNameBytes));
}

function encodeMap(cursor: ArgumentCursor, to: FieldWriter): void {
  const { bpf: of } = cursor.data.fields;
  to.string(1, mapTypeName(cursor.u32(of.type)));
  to.uint(2, cursor.u32(of.key_size));
  to.uint(3, cursor.u32(of.value_size));
  to.uint(4, cursor.u32(of.max_entries));
  to.text(5, cursor.fixedText(of.name, objectNameBytes));
}

function encodePerfEvent(cursor: ArgumentCursor, to: FieldWriter): void {
  const { perfEvent: of } = cursor.data.fields;
  to.string(1, perfTypeName(cursor.u32(of.type)));
  to.uint64(2, cursor.u32(of.config), cursor.u32(of.config + 4));
  to.uint64(3, cursor.u32(of.probe_offset), cursor.u32(of.probe_offset + 4));
  to.text(4, cursor.fixedText(of.name, longNameBytes));
}

function encodeModule(cursor: ArgumentCursor, to: FieldWriter): void {
  const { module: of } = cursor.data.fields;
  to.text(1, cursor.fixedText(of.name, longNameBytes));
  to.flag(2, cursor.u32(of.signature_ok) !== 0);
  to.uint64(3, cursor.u32(of.taints), cursor.u32(of.taints + 4));
}
