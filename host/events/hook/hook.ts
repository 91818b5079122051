import type { ArgumentDescription, HookDescription } from "../../policy/hookSpec.js";
import { type PodTest, podTest } from "./podSelection.js";

/** What its events share: the description of a hook, and what is made of it once. */
export class Hook {
  /** The part of its messages that is the same in each; made by the encoder when first needed. */
  wire: Uint8Array | undefined = undefined;
  /** By position in the policy's list. */
  readonly args: readonly HookArgument[];
  readonly returned: HookArgument | undefined;
  /** Of a tracepoint `subsystem/event`, else the function: what filters and counts call it. */
  readonly name: string;
  /** Counted by the pipeline. */
  events = 0;
  /** Of these, those that were not told because the policy is for other pods; also by the pipeline. */
  elsewhere = 0;
  readonly isTracepoint: boolean;
  /** All that it goes by: `__x64_sys_write` is also `sys_write` and `write`, `sched/sched_switch` also `sched_switch`. */
  readonly names: readonly string[];
  /** Whether the policy is for this pod; undefined: it is for all processes. */
  readonly isForPod: PodTest | undefined;

  constructor(readonly description: HookDescription) {
    this.args = description.args.map((each) => new HookArgument(each));
    this.returned = description.returned && new HookArgument(description.returned);
    this.isForPod = description.pods && podTest(description.pods);
    const { subsystem, functionName } = description;
    this.name = subsystem === undefined ? functionName : `${subsystem}/${functionName}`;
    this.names = hookNames(description);
    const { kind } = description;
    this.isTracepoint = kind === "tracepoint" || kind === "rawTracepoint";
  }
}

/** All names of what is watched, the one that events show first. */
export function hookNames({
  functionName,
  subsystem,
}: Pick<HookDescription, "functionName" | "subsystem">): string[] {
  if (subsystem !== undefined) return [functionName, `${subsystem}/${functionName}`];
  const call = /^(?:__[a-z0-9]+_)?sys_(\w+)$/.exec(functionName)?.[1];
  return call === undefined ? [functionName] : [functionName, `sys_${call}`, call];
}

/** How a number is meant. */
export const IntegerForm = {
  INT32: 0,
  UNSIGNED: 1,
  INT64: 2,
  CAPABILITY: 3,
  CAPABILITY_SET: 4,
} as const;

export class HookArgument {
  readonly form: number;
  /** A path that is told as a file, as opposed to a path. */
  readonly isFile: boolean;

  constructor(readonly description: ArgumentDescription) {
    this.form = integerForms[description.type] ?? IntegerForm.UNSIGNED;
    this.isFile = fileTypes.has(description.type);
  }
}

const integerForms: Readonly<Partial<Record<ArgumentDescription["type"], number>>> = {
  s8: IntegerForm.INT32,
  u8: IntegerForm.INT32,
  s16: IntegerForm.INT32,
  u16: IntegerForm.INT32,
  s32: IntegerForm.INT32,
  bool: IntegerForm.INT32,
  fd: IntegerForm.INT32,
  s64: IntegerForm.INT64,
  capability: IntegerForm.CAPABILITY,
  cap_permitted: IntegerForm.CAPABILITY_SET,
  cap_effective: IntegerForm.CAPABILITY_SET,
  cap_inheritable: IntegerForm.CAPABILITY_SET,
  kernel_cap_t: IntegerForm.CAPABILITY_SET,
};

const fileTypes: ReadonlySet<string> = new Set(["file", "fd", "kiocb", "linux_binprm"]);
