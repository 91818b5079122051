/** Hook records as plain objects, for tests: by the layout in the object's BTF, nothing made of it. */
import type { Btf } from "../../../../bpf/libbpf/index.js";

export interface HookRecord {
  readonly pid: number;
  readonly tid: number;
  readonly keyNs: bigint;
  readonly parentPid: number;
  readonly hook: number;
  readonly selector: number;
  /** Without `GS_ACTION_`, `GS_HOOK_`. */
  readonly actions: readonly string[];
  readonly flags: readonly string[];
  readonly signal: number;
  readonly overrideError: number;
  readonly args: readonly HookArgument[];
}

export interface HookArgument {
  /** Without `GS_ARG_`. */
  readonly kind: string;
  readonly position: number;
  readonly error: string;
  readonly payload: Buffer;
}

/** `undefined`: a record of another type. */
export function decodeHook(btf: Btf, record: Uint8Array): HookRecord | undefined {
  const event = btf.struct("gs_hook_event");
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const read = (path: string) => number(view, event.members[path]);
  if (read("header.type") !== Number(btf.enum("gs_record_type").GS_RECORD_HOOK)) return undefined;
  if (read("header.size") !== record.length) throw new Error("the size is not the record's");
  return {
    pid: read("header.pid"),
    tid: read("header.tid"),
    keyNs: view.getBigUint64(event.members["header.key_ns"]?.offset ?? 0, true),
    parentPid: read("parent.pid"),
    hook: read("hook"),
    selector: read("selector"),
    actions: bits(btf, "gs_hook_action", "GS_ACTION_", read("actions")),
    flags: bits(btf, "gs_hook_flag", "GS_HOOK_", read("flags")),
    signal: read("signal"),
    overrideError: read("override_error") | 0,
    args: [...args(btf, record, event.size, read("args"))],
  };
}

function* args(btf: Btf, record: Uint8Array, start: number, count: number) {
  const { size: head, members } = btf.struct("gs_arg");
  let at = start;
  for (let i = 0; i < count; i++) {
    const view = new DataView(record.buffer, record.byteOffset + at);
    const size = number(view, members.size);
    const argument: HookArgument = {
      kind: name(btf, "gs_arg_kind", "GS_ARG_", number(view, members.kind)),
      position: number(view, members.position),
      error: name(btf, "gs_arg_error", "GS_ARG_", number(view, members.error)),
      payload: Buffer.from(record.slice(at + head, at + head + size)),
    };
    const next = at + head + Math.ceil(size / 8) * 8;
    if (record.slice(at + head + size, next).some((byte) => byte !== 0)) {
      throw new Error(`argument ${i} is not padded with zeros`);
    }
    at = next;
    yield argument;
  }
  if (at !== record.length) throw new Error(`${record.length - at} bytes left over`);
}

function number(view: DataView, field: { offset: number; size: number } | undefined): number {
  if (field === undefined) throw new Error("there is no such field");
  if (field.size === 1) return view.getUint8(field.offset);
  if (field.size === 2) return view.getUint16(field.offset, true);
  if (field.size === 4) return view.getUint32(field.offset, true);
  throw new Error(`a field of ${field.size} bytes is no number`);
}

function bits(btf: Btf, type: string, prefix: string, value: number): string[] {
  return Object.entries(btf.enum(type))
    .filter(([, bit]) => (value & Number(bit)) !== 0)
    .map(([each]) => each.replace(prefix, ""));
}

function name(btf: Btf, type: string, prefix: string, value: number): string {
  const found = Object.entries(btf.enum(type)).find(([, each]) => Number(each) === value);
  if (found === undefined) throw new Error(`${type} has no ${value}`);
  return found[0].replace(prefix, "");
}

/** What the payload says. */
export const intOf = ({ payload }: HookArgument): bigint => payload.readBigInt64LE(0);
export const textOf = ({ payload }: HookArgument): string => payload.subarray(8).toString();
export const originalSizeOf = ({ payload }: HookArgument): number =>
  Number(payload.readBigUInt64LE(0));
export const pathOf = textOf;

/** The fields of a payload that is a struct, by name: numbers, and bytes for arrays. */
export function structOf(btf: Btf, struct: string, { payload }: HookArgument) {
  const { size, members } = btf.struct(struct);
  if (payload.length < size) throw new Error(`${payload.length} bytes are no ${struct}`);
  return Object.fromEntries(
    Object.entries(members).map(([field, { offset, size: bytes }]) => {
      const at = payload.subarray(offset, offset + bytes);
      if (bytes > 8) return [field, at] as const;
      return [field, BigInt(`0x${Buffer.from(at).reverse().toString("hex")}`)] as const;
    }),
  );
}
