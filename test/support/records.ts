/** Makes raw records as the kernel would, for tests of what reads them. */

import { writeDefinition } from "../../host/events/hook/definition.js";
import type { HookDescription } from "../../host/policy/hookSpec.js";
import { enumerator, offsetOf, sizeOf } from "../../host/source/recordLayout.js";
import type { RecordLayout } from "../../host/source/source.js";

type Values = Readonly<Record<string, number | bigint>>;

export type PayloadValues = Readonly<Record<string, number | bigint | Uint8Array>>;

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

  definition(description: HookDescription): Buffer {
    return Buffer.from(writeDefinition(this.layout, description));
  }

  /** A call of a hook, with what was passed as `argument` makes it. */
  hook(values: Values, args: readonly Buffer[] = []): Buffer {
    const counted = { args: args.length, selector: 0xffff, ...values };
    return this.make("gs_hook_event", "GS_RECORD_HOOK", counted, Buffer.concat(args));
  }

  /** An argument, return value or stack: `struct gs_arg`, the payload's struct, what lies behind it. */
  argument(
    kind: string,
    position: number,
    payload: { struct?: string; values?: PayloadValues; tail?: Uint8Array; error?: string },
  ): Buffer {
    const { struct, values = {}, tail = Buffer.alloc(0), error = "GS_ARG_OK" } = payload;
    const fixed = struct ? sizeOf(this.layout, struct) : 0;
    const head = sizeOf(this.layout, "gs_arg");
    const size = fixed + tail.length;
    const argument = Buffer.alloc((head + size + 7) & ~7);
    const about = {
      kind: enumerator(this.layout, "gs_arg_kind", kind),
      position,
      error: enumerator(this.layout, "gs_arg_error", error),
      size,
    };
    for (const [name, value] of Object.entries(about)) this.#set(argument, "gs_arg", name, value);
    const content = argument.subarray(head);
    for (const [name, value] of Object.entries(values)) {
      if (struct === undefined) throw new Error("values need a struct");
      if (value instanceof Uint8Array) content.set(value, offsetOf(this.layout, struct, name));
      else this.#set(content, struct, name, value);
    }
    content.set(tail, fixed);
    return argument;
  }

  int(position: number, value: bigint): Buffer {
    const tail = Buffer.alloc(8);
    tail.writeBigUInt64LE(BigInt.asUintN(64, value));
    return this.argument("GS_ARG_INT", position, { tail });
  }

  string(position: number, text: string | Uint8Array): Buffer {
    const tail = Buffer.from(text as string);
    const values = { original_size: tail.length };
    return this.argument("GS_ARG_STRING", position, { struct: "gs_bytes", values, tail });
  }

  bytes(position: number, tail: Uint8Array, originalSize = tail.length): Buffer {
    const values = { original_size: originalSize };
    return this.argument("GS_ARG_BYTES", position, { struct: "gs_bytes", values, tail });
  }

  path(position: number, path: string, values: Values = {}): Buffer {
    const tail = Buffer.from(path);
    return this.argument("GS_ARG_PATH", position, { struct: "gs_path", values, tail });
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
    else if (size === 1) record.writeUInt8(Number(value), offset);
    else record.writeUInt32LE(Number(value) >>> 0, offset);
  }
}
