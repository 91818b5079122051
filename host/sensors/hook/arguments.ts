/** `ArgumentSpec` as `struct gs_hook_argument` has it. */
import { Btf, Kind } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { ArgumentSource, ArgumentSpec, HookSpec, ResolveStep } from "../../policy/hookSpec.js";
import { type Copy, copyOf } from "./copies.js";
import {
  type Context,
  isInRecord,
  noSource,
  type SourceConfig,
  sizeInRecord,
  sourceConfig,
} from "./sources.js";

export interface ArgumentConfig {
  readonly source: SourceConfig;
  readonly length: SourceConfig;
  readonly copy: string;
  readonly max_data: number;
  readonly kind: string;
  readonly bits: number;
  readonly is_signed: number;
  readonly is_user: number;
  readonly at_return: number;
  readonly steps: number;
  readonly step: readonly { readonly offset: number; readonly dereference: number }[];
}

/** As in `hook/config.h`. */
const mostSteps = 10;

/** Most bytes of one buffer or string. */
export const mostData = 327_360;

function stepConfig(step: ResolveStep | undefined) {
  return { offset: step?.offset ?? 0, dereference: Number(step?.dereference ?? false) };
}

/** Throws a `GuidestarError` that names hook and argument for what the programs can't do. */
export function argumentConfig(
  arg: ArgumentSpec,
  context: Context,
  spec: HookSpec,
): ArgumentConfig {
  const where = `${spec.functionName}, argument ${arg.index}`;
  const copy = copyOf(arg);
  checkStruct(copy, arg.type, where);
  const steps = [...arg.resolve, ...stepsTo(copy, where)];
  if (steps.length > mostSteps) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: resolve goes through too many fields: at most ${mostSteps} are possible.`,
    );
  }
  if (!(arg.maxData >= 1 && arg.maxData <= mostData)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: maxData is ${arg.maxData}; it must be from 1 to ${mostData}.`,
    );
  }
  return {
    source: sourceConfig(arg.source, context, where),
    length: lengthConfig(arg, context, spec, where),
    copy: `GS_COPY_${copy.name}`,
    max_data: arg.maxData,
    kind: `GS_ARG_${copy.kind}`,
    bits: copy.bits,
    is_signed: Number(copy.isSigned),
    is_user: Number(arg.user && !copy.inKernel && !isInRecord(arg.source)),
    at_return: Number(isLate(arg)),
    steps: steps.length,
    step: Array.from({ length: mostSteps }, (_, i) => stepConfig(steps[i])),
  };
}

/** Read when the call returns. */
export const isLate = (arg: ArgumentSpec): boolean => arg.length?.kind === "returned";

export const noArgument: ArgumentConfig = {
  source: noSource,
  length: noSource,
  copy: "GS_COPY_NOTHING",
  max_data: 0,
  kind: "GS_ARG_INT",
  bits: 0,
  is_signed: 0,
  is_user: 0,
  at_return: 0,
  steps: 0,
  step: Array.from({ length: mostSteps }, () => stepConfig(undefined)),
};

function checkStruct({ struct }: Copy, type: string, where: string): void {
  if (struct === undefined || Btf.kernel().find(struct, Kind.STRUCT) !== undefined) return;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${where}: this kernel has no struct ${struct}, so nothing of type ${type}.`,
  );
}

/** From the struct that the type names to what is read of it, on this kernel. */
function stepsTo({ member }: Copy, where: string): ResolveStep[] {
  if (member === undefined) return [];
  const found = Btf.kernel().struct(member.struct).members[member.name];
  if (found === undefined) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `${where}: this kernel's struct ${member.struct} has no ${member.name}.`,
    );
  }
  return [{ offset: found.offset, dereference: member.kind === "pointer" }];
}

const needLength = new Set(["char_buf", "char_iovec"]);

function lengthConfig(
  arg: ArgumentSpec,
  context: Context,
  spec: HookSpec,
  where: string,
): SourceConfig {
  const { length, source } = arg;
  if (length?.kind === "returned") return sourceConfig({ kind: "return" }, context, where);
  if (length !== undefined) return sourceConfig(lengthSource(length, spec), context, where);
  if (!needLength.has(arg.type)) return noSource;
  if (source.kind === "field" && isInRecord(source)) return sizeInRecord(source);
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${where}: ${arg.type} needs to know how long it is: give sizeArgIndex, or returnCopy.`,
  );
}

type Length = Extract<ArgumentSpec["length"], { readonly kind: "argument" }>;

/** A field's number alone does not say where it lies; if it is listed among the args, that does. */
function lengthSource({ index, field }: Length, { args }: HookSpec): ArgumentSource {
  const listed = args.find((each) => each.index === index && each.source.kind === "field");
  return field ?? listed?.source ?? { kind: "argument", index };
}
