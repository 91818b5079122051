/** A `HookSpec` as the value of `hook_config` in the hook programs. */
import { GuidestarError } from "../../errors.js";
import type { ArgumentSpec, HookSpec } from "../../policy/hookSpec.js";
import { copyOf } from "./copies.js";
import { type Context, noSource, type SourceConfig, sourceConfig } from "./sources.js";

export interface HookConfig {
  readonly hook: number;
  readonly slot: number;
  readonly args: number;
  readonly has_return: number;
  readonly is_syscall: number;
  readonly syscall: number;
  readonly data_max: number;
  readonly arg: readonly ArgumentConfig[];
  readonly returned: ArgumentConfig;
}

interface ArgumentConfig {
  readonly source: SourceConfig;
  readonly length: SourceConfig;
  readonly copy: string;
  readonly max_data: number;
  readonly bits: number;
  readonly is_signed: number;
  readonly is_user: number;
  readonly at_return: number;
  readonly steps: number;
  readonly step: readonly { readonly offset: number; readonly dereference: number }[];
}

/** As in `hook_config.h`. */
const mostArgs = 5;
const mostSteps = 8;

export interface Layout {
  /** Bytes of `struct gs_hook_event`, `struct gs_arg`. */
  readonly event: number;
  readonly argument: number;
}

/** Throws a `GuidestarError` that names hook and argument for what these programs can't do. */
export function hookConfig(
  spec: HookSpec,
  context: Context,
  ids: { readonly hook: number; readonly slot: number },
  layout: Layout,
): HookConfig {
  if (spec.args.length > mostArgs) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${spec.functionName}: it has ${spec.args.length} arguments, at most ${mostArgs} can be reported.`,
    );
  }
  const arg = spec.args.map((each) => argumentConfig(each, context, spec));
  const all = spec.returned === undefined ? spec.args : [...spec.args, spec.returned];
  const payloads = all.map(
    (each) => layout.argument + roundUp(copyOf(each, "").payloadBytes(each)),
  );
  return {
    ...ids,
    args: arg.length,
    has_return: 0,
    is_syscall: Number(context === "syscall"),
    syscall: spec.target.kind === "syscall" ? spec.target.number : 0,
    data_max: layout.event + payloads.reduce((sum, each) => sum + each, 0),
    arg: [...arg, ...Array.from({ length: mostArgs - arg.length }, () => nothing)],
    returned: nothing,
  };
}

/** The largest payload: there must be room for it behind `data_max`. */
export function largestPayload(spec: HookSpec): number {
  const all = spec.returned === undefined ? spec.args : [...spec.args, spec.returned];
  return Math.max(8, ...all.map((each) => roundUp(copyOf(each, "").payloadBytes(each))));
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 8) * 8;

function argumentConfig(arg: ArgumentSpec, context: Context, spec: HookSpec): ArgumentConfig {
  const where = `${spec.functionName}, argument ${arg.index}`;
  const copy = copyOf(arg, where);
  if (arg.resolve.length > mostSteps) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: resolve goes through ${arg.resolve.length} fields, at most ${mostSteps} are possible.`,
    );
  }
  const steps = arg.resolve.map((step) => ({
    offset: step.offset,
    dereference: Number(step.dereference),
  }));
  return {
    source: sourceConfig(arg.source, context, where),
    length: noSource,
    copy: copy.name,
    max_data: arg.maxData,
    bits: copy.bits,
    is_signed: Number(copy.isSigned),
    is_user: Number(arg.user),
    at_return: 0,
    steps: steps.length,
    step: [...steps, ...Array.from({ length: mostSteps - steps.length }, () => noStep)],
  };
}

const noStep = { offset: 0, dereference: 0 };

const nothing: ArgumentConfig = {
  source: noSource,
  length: noSource,
  copy: "GS_COPY_NOTHING",
  max_data: 0,
  bits: 0,
  is_signed: 0,
  is_user: 0,
  at_return: 0,
  steps: 0,
  step: Array.from({ length: mostSteps }, () => noStep),
};
