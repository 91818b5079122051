/** Raw records as plain objects, for tests: everything that `bpf/core/common/record.h` has, nothing made of it. */
import { enumOf, fieldOf, structOf } from "../../../host/source/recordWriter.js";
import type { RecordLayout } from "../../../host/source/source.js";

interface Common {
  readonly pid: number;
  readonly tid: number;
  readonly keyNs: bigint;
  readonly timeNs: bigint;
  readonly cpu: number;
}

export interface Parent {
  readonly pid: number;
  readonly keyNs: bigint;
}

export interface Fork extends Common {
  readonly type: "fork";
  readonly parent: Parent;
  readonly nsPid: number;
}

export interface Exec extends Common {
  readonly type: "exec";
  readonly parent: Parent;
  readonly previousKeyNs: bigint;
  readonly startNs: bigint;
  readonly cgroupId: bigint;
  readonly capabilities: { permitted: bigint; effective: bigint; inheritable: bigint };
  /** Without `GS_FLAG_`, in order. */
  readonly flags: readonly string[];
  readonly uid: number;
  readonly auid: number;
  readonly nsPid: number;
  readonly namespaces: readonly number[];
  readonly binary: string;
  readonly interpreter: string;
  readonly cwd: string;
  readonly cgroupName: string;
  readonly filePath: string;
  /** `enum gs_file_flag` */
  readonly fileFlags: number;
  readonly inode: bigint;
  readonly links: number;
  readonly mode: number;
  readonly fileUid: number;
  readonly fileGid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** argv; what was sent ahead is put back in front. */
  readonly argv: readonly string[];
  readonly argsBytes: number;
  readonly spilledBytes: number;
}

export interface Exit extends Common {
  readonly type: "exit";
  readonly parent: Parent;
  readonly code: number;
}

export type Decoded = Fork | Exec | Exit;

export class Decoder {
  readonly #pieces = new Map<string, Uint8Array[]>();

  constructor(readonly layout: RecordLayout) {}

  /** `undefined`: a piece of arguments, kept for its exec record, or no record of a process. */
  decode(record: Uint8Array): Decoded | undefined {
    const header = this.#struct("gs_header", record);
    const type = header.number("type");
    if (header.number("size") !== record.length) {
      throw new Error(`a record of ${record.length} bytes says it has ${header.number("size")}`);
    }
    const common: Common = {
      pid: header.number("pid"),
      tid: header.number("tid"),
      keyNs: header.big("key_ns"),
      timeNs: header.big("time_ns"),
      cpu: header.number("cpu"),
    };
    const is = (name: string) => type === enumOf(this.layout, "gs_record_type", name);
    if (is("GS_RECORD_ARGS")) return this.#keepPiece(common, record);
    if (is("GS_RECORD_EXEC") || is("GS_RECORD_PROCESS")) return this.#exec(common, record);
    if (is("GS_RECORD_FORK")) {
      const fork = this.#struct("gs_fork", record);
      return { type: "fork", ...common, parent: parentOf(fork), nsPid: fork.number("ns_pid") };
    }
    if (is("GS_RECORD_EXIT")) {
      const exit = this.#struct("gs_exit", record);
      return { type: "exit", ...common, parent: parentOf(exit), code: exit.number("code") };
    }
    if (is("GS_RECORD_HOOK")) return undefined;
    throw new Error(`there is no record type ${type}`);
  }

  #keepPiece(common: Common, record: Uint8Array): undefined {
    const piece = this.#struct("gs_args", record);
    const name = `${common.pid}.${common.keyNs}`;
    const pieces = this.#pieces.get(name) ?? [];
    const before = pieces.reduce((bytes, each) => bytes + each.length, 0);
    if (piece.number("offset") !== before) throw new Error("a piece of arguments out of order");
    const start = piece.size;
    pieces.push(record.slice(start, start + piece.number("size")));
    this.#pieces.set(name, pieces);
  }

  #exec(common: Common, record: Uint8Array): Exec {
    const exec = this.#struct("gs_exec", record);
    let at = exec.size;
    const take = (sizeField: string) => {
      const size = exec.number(sizeField);
      at += size;
      return Buffer.from(record.subarray(at - size, at));
    };
    const name = `${common.pid}.${common.keyNs}`;
    const pieces = this.#pieces.get(name) ?? [];
    this.#pieces.delete(name);
    const spilledBytes = pieces.reduce((bytes, each) => bytes + each.length, 0);
    if (spilledBytes !== exec.number("args_spilled")) throw new Error("pieces do not add up");
    const binary = take("binary_size").toString();
    const interpreter = take("interpreter_size").toString();
    const cwd = take("cwd_size").toString();
    const cgroupName = take("cgroup_name_size").toString();
    const filePath = take("file_path_size").toString();
    const args = Buffer.concat([...pieces, take("args_size")]);
    if (at !== record.length) throw new Error(`${record.length - at} bytes left over`);
    return {
      type: "exec",
      ...common,
      parent: parentOf(exec),
      previousKeyNs: exec.big("previous_key_ns"),
      startNs: exec.big("start_ns"),
      cgroupId: exec.big("cgroup_id"),
      capabilities: {
        permitted: exec.big("cap_permitted"),
        effective: exec.big("cap_effective"),
        inheritable: exec.big("cap_inheritable"),
      },
      flags: this.#flags(exec.number("flags")),
      uid: exec.number("uid"),
      auid: exec.number("auid"),
      nsPid: exec.number("ns_pid"),
      namespaces: exec.numbers("ns", 10),
      binary,
      interpreter,
      cwd,
      cgroupName,
      filePath,
      fileFlags: exec.number("file_flags"),
      inode: exec.big("inode"),
      links: exec.number("links"),
      mode: exec.number("mode"),
      fileUid: exec.number("file_uid"),
      fileGid: exec.number("file_gid"),
      euid: exec.number("euid"),
      gid: exec.number("gid"),
      egid: exec.number("egid"),
      argv: args.length === 0 ? [] : args.toString().replace(/\0$/, "").split("\0"),
      argsBytes: args.length,
      spilledBytes,
    };
  }

  #flags(bits: number): string[] {
    return Object.entries(this.layout.enums.gs_process_flag ?? {})
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name.replace("GS_FLAG_", ""));
  }

  #struct(name: string, record: Uint8Array): StructReader {
    return new StructReader(this.layout, name, record);
  }
}

const parentOf = (struct: StructReader): Parent => ({
  pid: struct.number("parent.pid"),
  keyNs: struct.big("parent.key_ns"),
});

class StructReader {
  readonly size: number;
  readonly #view: DataView;

  constructor(
    readonly layout: RecordLayout,
    readonly name: string,
    record: Uint8Array,
  ) {
    this.size = structOf(layout, name).size;
    this.#view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  }

  number(field: string): number {
    const { offset, size } = fieldOf(structOf(this.layout, this.name), this.name, field);
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  big(field: string): bigint {
    const { offset } = fieldOf(structOf(this.layout, this.name), this.name, field);
    return this.#view.getBigUint64(offset, true);
  }

  numbers(field: string, count: number): number[] {
    const { offset } = fieldOf(structOf(this.layout, this.name), this.name, field);
    return Array.from({ length: count }, (_, i) => this.#view.getUint32(offset + 4 * i, true));
  }
}
