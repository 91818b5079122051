import { BpfError } from "../errors.js";
import { libbpf } from "../native/libbpf.js";
import { NativeStruct } from "../native/struct.js";
import { mapTypeName } from "./types.js";

/** What the kernel tells of a map. Plain data. */
export interface MapInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly type: number;
  /** `hash`, `ringbuf`, ... */
  readonly typeName: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, for one CPU. */
  readonly valueSize: number;
  /** Entries; of a ring buffer, bytes. */
  readonly maxEntries: number;
  readonly flags: number;
  /** 0: the kernel has no BTF for this map. */
  readonly btfId: number;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
}

/** Asks the kernel about the map behind a descriptor. */
export function mapInfo(fd: number): MapInfo {
  const info = objectInfo("map", fd, 88);
  const type = info.getU32(0);
  return {
    id: info.getU32(4),
    name: info.getText(24, 16),
    type,
    typeName: mapTypeName(type),
    keySize: info.getU32(8),
    valueSize: info.getU32(12),
    maxEntries: info.getU32(16),
    flags: info.getU32(20),
    btfId: info.getU32(64),
    btfKeyTypeId: info.getU32(68),
    btfValueTypeId: info.getU32(72),
  };
}

/** The kernel's information struct about the map, program, link or BTF behind a descriptor. */
export function objectInfo(
  what: "map" | "program" | "link" | "BTF",
  fd: number,
  size: number,
  info = new NativeStruct(size),
): NativeStruct {
  const result = libbpf.bpf_obj_get_info_by_fd(fd, info.bytes, new Uint32Array([size]));
  if (result < 0) {
    throw BpfError.fromErrno(`cannot ask the kernel about fd ${fd} as a ${what}`, result);
  }
  return info;
}
