/** Makes raw records as the kernel would, for tests of what reads them. */
import { enumerator, offsetOf, sizeOf } from "../../host/source/recordLayout.js";
import type { RecordLayout } from "../../host/source/source.js";

type Values = Readonly<Record<string, number | bigint>>;

export interface ExecStringValues {
  readonly binary?: string;
  readonly cwd?: string;
  readonly cgroupName?: string;
  readonly argv?: readonly string[];
}

export class RecordMaker {
  constructor(readonly layout: RecordLayout) {}

  flags(...names: string[]): number {
    return names.reduce((bits, name) => bits | enumerator(this.layout, "gs_process_flag", name), 0);
  }

  fork(values: Values): Buffer {
    return this.make("gs_fork", "GS_RECORD_FORK", values);
  }

  exit(values: Values): Buffer {
    return this.make("gs_exit", "GS_RECORD_EXIT", values);
  }

  exec(values: Values, strings: ExecStringValues = {}): Buffer {
    const area = (strings.argv ?? []).map((argument) => `${argument}\0`).join("");
    const texts = [strings.binary ?? "", "", strings.cwd ?? "", strings.cgroupName ?? "", area];
    const parts = texts.map((text) => Buffer.from(text));
    const sizes = ["binary_size", "interpreter_size", "cwd_size", "cgroup_name_size", "args_size"];
    return this.make(
      "gs_exec",
      "GS_RECORD_EXEC",
      { ...Object.fromEntries(sizes.map((name, i) => [name, parts[i]?.length ?? 0])), ...values },
      Buffer.concat(parts),
    );
  }

  args(values: Values, bytes: Buffer): Buffer {
    return this.make("gs_args", "GS_RECORD_ARGS", { size: bytes.length, ...values }, bytes);
  }

  make(struct: string, type: string, values: Values, tail: Buffer = Buffer.alloc(0)): Buffer {
    const size = (sizeOf(this.layout, struct) + tail.length + 7) & ~7;
    const record = Buffer.alloc(size);
    tail.copy(record, sizeOf(this.layout, struct));
    const all = {
      "header.size": size,
      "header.type": enumerator(this.layout, "gs_record_type", type),
      ...values,
    };
    for (const [name, value] of Object.entries(all)) this.#set(record, struct, name, value);
    return record;
  }

  #set(record: Buffer, struct: string, name: string, value: number | bigint): void {
    const offset = offsetOf(this.layout, struct, name);
    const size = this.layout.structs[struct]?.fields[name]?.size;
    if (size === 8) record.writeBigUInt64LE(BigInt(value), offset);
    else if (size === 2) record.writeUInt16LE(Number(value), offset);
    else record.writeUInt32LE(Number(value), offset);
  }
}
