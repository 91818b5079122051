/**
 * Writes records in the kernel programs' own layout, for what is read from /proc instead: from there
 * on both take the same path.
 */
import type { RecordLayout } from "./source.js";
import { enumOf, fieldOf, StructWriter, structOf } from "./structWriter.js";

export { enumOf, fieldOf, structOf } from "./structWriter.js";

export interface Key {
  readonly pid: number;
  readonly keyNs: bigint;
}

/** The kernel itself as a process: parent of what it starts. */
export const kernelKey: Key = { pid: 0, keyNs: 1n };
export const unknownKey: Key = { pid: 0, keyNs: 0n };

/** What an exec record says; see `struct gs_exec`. */
export interface ExecRecord {
  readonly key: Key;
  readonly parent: Key;
  readonly tid: number;
  readonly timeNs: bigint;
  readonly startNs: bigint;
  readonly cgroupId: bigint;
  readonly capPermitted: bigint;
  readonly capEffective: bigint;
  readonly capInheritable: bigint;
  readonly flags: number;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly auid: number;
  readonly nsPid: number;
  /** In the order of `enum gs_namespace`; 0: unknown. */
  readonly namespaces: readonly number[];
  readonly binary: Uint8Array;
  /** Of a script; else empty. */
  readonly interpreter: Uint8Array;
  /** The running file; undefined: a script, or unknown. */
  readonly file:
    | {
        readonly inode: bigint;
        readonly links: number;
        readonly mode: number;
        readonly uid: number;
        readonly gid: number;
      }
    | undefined;
  /** `enum gs_file_flag` */
  readonly fileFlags: number;
  /** If the binary does not tell it; else empty. */
  readonly filePath: Uint8Array;
  readonly cwd: Uint8Array;
  readonly cgroupName: Uint8Array;
  /** Not traced, only named by others: nothing happened to it. */
  readonly isContext?: boolean;
  /** argv as it lies in memory: NUL after each. */
  readonly args: Uint8Array;
}

export function writeExec(layout: RecordLayout, exec: ExecRecord): Uint8Array {
  const struct = structOf(layout, "gs_exec");
  const { binary, interpreter, cwd, cgroupName, filePath, args } = exec;
  const strings = [binary, interpreter, cwd, cgroupName, filePath, args];
  const size = strings.reduce((sum, { length }) => sum + length, struct.size);
  const bytes = new Uint8Array(size);
  const writer = new StructWriter(bytes, struct, "gs_exec");
  writer.set("header.size", size);
  const type = exec.isContext ? "GS_RECORD_PROCESS" : "GS_RECORD_EXEC";
  writer.set("header.type", enumOf(layout, "gs_record_type", type));
  writer.set("header.time_ns", exec.timeNs);
  writer.set("header.key_ns", exec.key.keyNs);
  writer.set("header.pid", exec.key.pid);
  writer.set("header.tid", exec.tid);
  writer.set("parent.key_ns", exec.parent.keyNs);
  writer.set("parent.pid", exec.parent.pid);
  writer.set("start_ns", exec.startNs);
  writer.set("cgroup_id", exec.cgroupId);
  writer.set("cap_permitted", exec.capPermitted);
  writer.set("cap_effective", exec.capEffective);
  writer.set("cap_inheritable", exec.capInheritable);
  writer.set("flags", exec.flags);
  writer.set("uid", exec.uid);
  writer.set("euid", exec.euid);
  writer.set("gid", exec.gid);
  writer.set("egid", exec.egid);
  writer.set("auid", exec.auid);
  writer.set("ns_pid", exec.nsPid);
  writer.setAll("ns", exec.namespaces);
  writer.set("inode", exec.file?.inode ?? 0n);
  writer.set("links", exec.file?.links ?? 0);
  writer.set("mode", exec.file?.mode ?? 0);
  writer.set("file_uid", exec.file?.uid ?? 0);
  writer.set("file_gid", exec.file?.gid ?? 0);
  writer.set("file_flags", exec.fileFlags);
  writer.set("binary_size", binary.length);
  writer.set("interpreter_size", interpreter.length);
  writer.set("cwd_size", cwd.length);
  writer.set("cgroup_name_size", cgroupName.length);
  writer.set("file_path_size", filePath.length);
  writer.set("args_size", args.length);
  let at = struct.size;
  for (const part of strings) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Value of the process table. */
export function writeProcess(
  layout: RecordLayout,
  process: { readonly keyNs: bigint; readonly parent: Key; readonly flags: number },
): Uint8Array {
  const struct = structOf(layout, "gs_process");
  const bytes = new Uint8Array(struct.size);
  const writer = new StructWriter(bytes, struct, "gs_process");
  writer.set("key_ns", process.keyNs);
  writer.set("parent.key_ns", process.parent.keyNs);
  writer.set("parent.pid", process.parent.pid);
  writer.set("flags", process.flags);
  return bytes;
}

export function readKeyNs(layout: RecordLayout, process: Uint8Array): bigint {
  const { offset } = fieldOf(structOf(layout, "gs_process"), "gs_process", "key_ns");
  return new DataView(process.buffer, process.byteOffset).getBigUint64(offset, true);
}

export function readParent(layout: RecordLayout, process: Uint8Array): Key {
  const struct = structOf(layout, "gs_process");
  const view = new DataView(process.buffer, process.byteOffset);
  return {
    pid: view.getUint32(fieldOf(struct, "gs_process", "parent.pid").offset, true),
    keyNs: view.getBigUint64(fieldOf(struct, "gs_process", "parent.key_ns").offset, true),
  };
}
