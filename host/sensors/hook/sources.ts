/** Where a hook program finds an argument: `ArgumentSource` as `struct gs_hook_source` has it. */
import { GuidestarError } from "../../errors.js";
import type { ArgumentSource } from "../../policy/hookSpec.js";
import { registers } from "./registers.js";

/** What a program is given, which decides where things lie in it. */
export type Context =
  /** The registers of the function that was called. */
  | "functionRegisters"
  /** One word for each argument. */
  | "words"
  /** The record of a tracepoint. */
  | "record"
  /** Somewhere in it the registers with which a system call was made. */
  | "syscall";

/** As the field `source` of `struct gs_hook_argument`. */
export interface SourceConfig {
  readonly kind: string;
  readonly offset: number;
  readonly size: number;
}

export const noSource: SourceConfig = { kind: "GS_SOURCE_NONE", offset: 0, size: 0 };

/** Throws `INVALID_ARGUMENT` if there is no such place. `where` names hook and argument. */
export function sourceConfig(
  source: ArgumentSource,
  context: Context,
  where: string,
): SourceConfig {
  switch (source.kind) {
    case "return":
      return { ...noSource, kind: "GS_SOURCE_RETURN" };
    case "currentTask":
      return { ...noSource, kind: "GS_SOURCE_TASK" };
    case "field":
      return fieldConfig(source);
    case "argument":
      return argumentConfig(source.index, context, where);
  }
}

function fieldConfig({ offset, size, dataLoc }: Field): SourceConfig {
  if (dataLoc) return { kind: "GS_SOURCE_DATA_LOC", offset, size: 4 };
  if (isWord(size)) return { kind: "GS_SOURCE_CONTEXT", offset, size };
  return { kind: "GS_SOURCE_ADDRESS", offset, size: 0 };
}

type Field = ArgumentSource & { readonly kind: "field" };

const isWord = (bytes: number): boolean => [1, 2, 4, 8].includes(bytes);

/** What lies in the tracepoint's record itself, of which there is only the address. */
export const isInRecord = (source: ArgumentSource): boolean =>
  source.kind === "field" && (source.dataLoc || !isWord(source.size));

/** How long what lies there is. */
export function sizeInRecord({ offset, size, dataLoc }: Field): SourceConfig {
  if (dataLoc) return { kind: "GS_SOURCE_DATA_LOC_SIZE", offset, size: 4 };
  return { kind: "GS_SOURCE_CONSTANT", offset: size, size: 0 };
}

const mostWords = 12;

function argumentConfig(index: number, context: Context, where: string): SourceConfig {
  if (context === "words") {
    if (index < mostWords) return { kind: "GS_SOURCE_CONTEXT", offset: 8 * index, size: 8 };
    throw noArgument(where, index, mostWords);
  }
  if (context === "record") {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: a tracepoint has fields, no argument ${index}.`,
    );
  }
  const isSyscall = context === "syscall";
  const places = isSyscall ? registers.syscallArguments : registers.functionArguments;
  const offset = places[index];
  if (offset === undefined) throw noArgument(where, index, places.length);
  return { kind: isSyscall ? "GS_SOURCE_REGISTERS" : "GS_SOURCE_CONTEXT", offset, size: 8 };
}

function noArgument(where: string, index: number, count: number): GuidestarError {
  return new GuidestarError(
    "INVALID_ARGUMENT",
    `${where}: index ${index} can't be read here, only 0 to ${count - 1}.`,
  );
}
