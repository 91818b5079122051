/** How a value of each type is copied into the record (`enum gs_hook_copy`), and how long that is. */
import { GuidestarError } from "../../errors.js";
import type { ArgumentSpec, ArgumentType } from "../../policy/hookSpec.js";

export interface Copy {
  readonly name: string;
  /** Of an integer; else 0. */
  readonly bits: number;
  readonly isSigned: boolean;
  /** At most; without `struct gs_arg` and padding. */
  payloadBytes(arg: ArgumentSpec): number;
}

/** Throws `UNIMPLEMENTED` for a type that the programs can't copy. */
export function copyOf(arg: ArgumentSpec, where: string): Copy {
  const copy = copies[arg.type];
  if (copy === undefined) {
    throw new GuidestarError("UNIMPLEMENTED", `${where}: type ${arg.type} is not supported.`);
  }
  // What `resolve` ends at is the place of the integer, not the integer.
  if (copy.name === "GS_COPY_INT" && arg.resolve.length > 0) {
    return { ...copy, name: "GS_COPY_INT_AT" };
  }
  return copy;
}

const integer = (bits: number, isSigned: boolean): Copy => ({
  name: "GS_COPY_INT",
  bits,
  isSigned,
  payloadBytes: () => 8,
});

/** `struct gs_bytes` ahead, one byte and NUL behind. */
const text: Copy = {
  name: "GS_COPY_STRING",
  bits: 0,
  isSigned: false,
  payloadBytes: ({ maxData }) => 8 + maxData + 2,
};

const copies: Partial<Record<ArgumentType, Copy>> = {
  s8: integer(8, true),
  u8: integer(8, false),
  s16: integer(16, true),
  u16: integer(16, false),
  s32: integer(32, true),
  u32: integer(32, false),
  s64: integer(64, true),
  u64: integer(64, false),
  size_t: integer(64, false),
  bool: integer(8, false),
  string: text,
};
