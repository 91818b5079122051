/** A `HookSpec` as the value of `hook_config` in the hook programs. */
import { GuidestarError } from "../../errors.js";
import type { HookSpec, TreeSpec } from "../../policy/hookSpec.js";
import { type ArgumentConfig, argumentConfig, isLate, noArgument } from "./arguments.js";
import { copyOf } from "./copies.js";
import type { Mechanism } from "./mechanism.js";
import { noSource, type SourceConfig } from "./sources.js";
import type { TreeMaps } from "./treeMaps.js";

export interface HookConfig {
  readonly hook: number;
  readonly slot: number;
  readonly args: number;
  readonly has_return: number;
  readonly late_args: number;
  readonly is_syscall: number;
  readonly syscall: number;
  readonly data_max: number;
  readonly payload_max: number;
  readonly tree: number;
  readonly tree_seed: bigint;
  readonly result: SourceConfig;
  readonly number: SourceConfig;
  readonly arg: readonly ArgumentConfig[];
  readonly returned: ArgumentConfig;
}

/** Bytes of `struct gs_hook_event`, `struct gs_arg`. */
export interface RecordSizes {
  readonly event: number;
  readonly argument: number;
}

/** As in `hook/config.h`. */
const mostArgs = 5;
const stackBytes = 127 * 8;

/** Throws a `GuidestarError` that names hook and argument for what the programs can't do. */
export function hookConfig(
  spec: HookSpec,
  mechanism: Mechanism,
  ids: { readonly hook: number; readonly slot: number },
  sizes: RecordSizes,
  tree?: TreeMaps,
): HookConfig {
  if (spec.args.length > mostArgs) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${spec.functionName}: ${spec.args.length} arguments are listed, at most ${mostArgs} can be reported.`,
    );
  }
  const { context, returned } = mechanism;
  const arg = spec.args.map((each) => argumentConfig(each, context, spec));
  const payloads = payloadSizes(spec);
  return {
    ...ids,
    args: arg.length,
    has_return: Number(returned !== undefined),
    late_args: Number(spec.args.some(isLate)),
    is_syscall: Number(context === "syscall"),
    syscall: spec.target.kind === "syscall" ? spec.target.number : 0,
    data_max: Math.max(
      sizes.event + payloads.reduce((sum, each) => sum + sizes.argument + each, 0),
      tree?.init.shape.valueSize ?? 0,
    ),
    payload_max: Math.max(8, ...payloads),
    tree: tree === undefined ? 0 : partsOf(tree.spec),
    tree_seed: tree?.seed ?? 0n,
    result: returned?.result ?? noSource,
    number: returned?.number ?? noSource,
    arg: Array.from({ length: mostArgs }, (_, i) => arg[i] ?? noArgument),
    returned: spec.returned ? argumentConfig(spec.returned, context, spec) : noArgument,
  };
}

/** `enum gs_tree_part` */
const partsOf = ({ kernel, user }: TreeSpec): number => Number(kernel) + 2 * Number(user);

/** Entry and return make one record. */
export const reportsAtReturn = (spec: HookSpec): boolean =>
  spec.returned !== undefined || spec.args.some(isLate);

function payloadSizes(spec: HookSpec): number[] {
  const all = spec.returned === undefined ? spec.args : [...spec.args, spec.returned];
  const posts = spec.selectors.flatMap(({ actions, returnActions }) =>
    [...actions, ...returnActions].filter((action) => action.kind === "post"),
  );
  const stacks = [
    posts.some(({ kernelStack }) => kernelStack),
    posts.some(({ userStack }) => userStack),
  ];
  return [
    ...all.map((each) => roundUp(copyOf(each).payloadBytes(each))),
    ...stacks.filter((wanted) => wanted).map(() => stackBytes),
  ];
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 8) * 8;
