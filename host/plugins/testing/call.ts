/** Calls that policies watch, from what events show of them: the way back of `hookEncoder.ts`. */
import { constants } from "node:os";
import { fgs, guidestar } from "../../../proto/generated/api.js";
import { HookFlag, Position } from "../../events/hook/constants.js";
import { Hook } from "../../events/hook/hook.js";
import { EventType, type HookEvent } from "../../events/model.js";
import type { ArgumentDescription, HookDescription } from "../../policy/hookSpec.js";
import { readArgument } from "./argumentReader.js";
import { big, type Refuse } from "./argumentStructs.js";
import { callFields } from "./callLayout.js";
import { argumentRecord } from "./recordWriter.js";

type Call = fgs.ProcessKprobe.$Properties & fgs.ProcessTracepoint.$Properties;

/** What a call has besides its processes, time and number. */
export type CallParts = Pick<
  HookEvent,
  "type" | "hook" | "tid" | "selector" | "actions" | "flags" | "signal" | "overrideError" | "data"
>;

/** `call`: a `ProcessKprobe`, or, if `isTracepoint`, a `ProcessTracepoint`; `refuse` is told what it lacks. */
export function callParts(call: Call, isTracepoint: boolean, refuse: Refuse): CallParts {
  const described: ArgumentDescription[] = [];
  const records: Buffer[] = [];
  const add = (argument: fgs.KprobeArgument.$Properties, position: number, place: string) => {
    const { type, payload, error } = readArgument(argument, (why) => refuse(`${place}: ${why}`));
    records.push(argumentRecord(position, payload, error));
    return { type, index: position, ...(argument.label && { label: argument.label }) };
  };
  (call.args ?? []).forEach((argument, n) => {
    described.push(add(argument, n, `args[${n}]`));
  });
  const returned = call.return ? add(call.return, Position.RETURN, "return") : undefined;
  records.push(...stack(call.kernel_stack_trace, Position.KERNEL_STACK));
  records.push(...stack(call.user_stack_trace, Position.USER_STACK));
  const bytes = Buffer.concat(records);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const marks = { monitored: HookFlag.MONITORED, action_failed: HookFlag.ACTION_FAILED } as const;
  let flags = returned ? HookFlag.RETURNED : 0;
  for (const [name, bit] of Object.entries(marks))
    if (call[name as keyof typeof marks]) flags |= bit;
  return {
    type: isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE,
    hook: new Hook({
      ...describe(call, isTracepoint),
      args: described,
      ...(returned && { returned }),
    }),
    tid: call.tid ?? 0,
    selector: call.selector ? (call.selector.value ?? 0) : undefined,
    actions: actionBits(call),
    flags,
    signal: signalNumber(call.signal ?? "", refuse),
    overrideError: call.override_error ?? 0,
    data: { fields: callFields, bytes, view, start: 0, end: bytes.length },
  };
}

const kinds: Readonly<Record<number, HookDescription["kind"]>> = {
  [guidestar.HookKind.HOOK_KIND_FUNCTION]: "function",
  [guidestar.HookKind.HOOK_KIND_SYSCALL]: "syscall",
  [guidestar.HookKind.HOOK_KIND_TRACEPOINT]: "tracepoint",
  [guidestar.HookKind.HOOK_KIND_RAW_TRACEPOINT]: "rawTracepoint",
  [guidestar.HookKind.HOOK_KIND_LSM]: "lsm",
  [guidestar.HookKind.HOOK_KIND_UPROBE]: "uprobe",
};

function describe(call: Call, isTracepoint: boolean): Omit<HookDescription, "args"> {
  return {
    hook: 1,
    policy: call.policy_name ?? "",
    kind: kinds[call.kind ?? 0] ?? (isTracepoint ? "tracepoint" : "function"),
    functionName: (isTracepoint ? call.event : call.function_name) ?? "",
    ...(isTracepoint && { subsystem: call.subsys ?? "" }),
    ...(call.where && { where: call.where }),
    ...(call.message && { message: call.message }),
    tags: call.tags ?? [],
  };
}

function stack(
  frames: readonly guidestar.StackFrame.$Properties[] | null | undefined,
  position: number,
): Buffer[] {
  if (!frames || frames.length === 0) return [];
  const tail = Buffer.alloc(8 * frames.length);
  frames.forEach(({ address }, n) => void tail.writeBigUInt64LE(big(address), 8 * n));
  return [argumentRecord(position, { kind: "STACK", tail })];
}

/** Bits of `HookAction`, in the order of `guidestar.HookAction` from 1 on. */
function actionBits({ actions, action }: Call): number {
  if (actions && actions.length > 0) return actions.reduce((all, n) => all | (1 << (n - 1)), 0);
  return action === fgs.KprobeAction.KPROBE_ACTION_UNKNOWN ? 0 : 1;
}

function signalNumber(name: string, refuse: Refuse): number {
  if (name === "") return 0;
  const known = (constants.signals as Record<string, number>)[name];
  const realTime = /^SIGRTMIN\+(\d+)$/.exec(name)?.[1];
  if (realTime !== undefined) return 32 + Number(realTime);
  return known ?? refuse(`signal: "${name}" is no signal`);
}
