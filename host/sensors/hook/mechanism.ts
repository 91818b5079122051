/** The ways to attach a hook: which programs, what they are given, and to what they are attached. */
import { kernelInfo, type Program } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec, HookTarget } from "../../policy/hookSpec.js";
import type { HookFeatures } from "./features.js";
import { onFunction } from "./functions.js";
import { reportsAtReturn } from "./hookConfig.js";
import type { HookObjectName } from "./hookObject.js";
import { attachToClocks } from "./perfClock.js";
import { registers } from "./registers.js";
import type { Context, SourceConfig } from "./sources.js";

export type MechanismName = HookObjectName | "uprobe";

export interface Mechanism {
  readonly name: MechanismName;
  readonly object: HookObjectName;
  readonly context: Context;
  /** The program `hook_entry`. */
  readonly entry: Attaching;
  /** The program `hook_return`, of hooks that report at return. */
  readonly returned?: Attaching & {
    /** Where that program finds what was returned. */
    readonly result: SourceConfig;
    /** ... and which system call it was, if it sees all of them. */
    readonly number?: SourceConfig;
  };
}

export interface Attaching {
  /** Before load: for programs that are made for one function. */
  readonly target?: string;
  attach(program: Program): Attached;
}

/** A program that is attached, in one place or several. */
export interface Attached {
  /** Twice does no harm. */
  close(): void;
}

/** Throws a `GuidestarError` that names the hook if this kernel has no way. */
export function chooseMechanism(spec: HookSpec, features: HookFeatures): Mechanism {
  const { target } = spec;
  if (reportsAtReturn(spec) && !returning.has(target.kind)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${spec.functionName}: there is no return to report of a hook of kind ${target.kind}.`,
    );
  }
  switch (target.kind) {
    case "tracepoint":
      return single("tracepoint", "record", (program) =>
        program.attachTracepoint(target.subsystem, target.event),
      );
    case "rawTracepoint":
      return single("raw_tracepoint", "words", (program) =>
        program.attachRawTracepoint(target.name),
      );
    case "syscall":
      return onSyscall(spec, target.name, features);
    case "function":
      return onFunction(spec, target, "functionRegisters", features);
    case "lsm":
      return onSecurityHook(spec, target.hook, features);
    case "uprobe":
      return onUserFunction(spec, target);
    case "perf":
      return onClock(spec, target.frequencyHz);
  }
}

const returning = new Set<HookTarget["kind"]>(["syscall", "function", "uprobe"]);

function single(
  name: HookObjectName,
  context: Context,
  attach: (program: Program) => Attached,
): Mechanism {
  return { name, object: name, context, entry: { attach } };
}

function onSyscall(spec: HookSpec, name: string, features: HookFeatures): Mechanism {
  if (features.fentry || features.kprobe) {
    const target = { name: `${registers.syscallPrefix}${name}` };
    return onFunction(spec, target, "syscall", features);
  }
  const { offset, size } = registers.syscallNumber;
  return {
    name: "sys_enter",
    object: "sys_enter",
    context: "syscall",
    entry: { attach: (program) => program.attach() },
    ...(reportsAtReturn(spec) && {
      returned: {
        attach: (program: Program) => program.attach(),
        result: { kind: "GS_SOURCE_CONTEXT", offset: 8, size: 8 },
        number: { kind: "GS_SOURCE_REGISTERS", offset, size },
      },
    }),
  };
}

/** There is nothing to read of what was interrupted but its stack. */
function onClock(spec: HookSpec, frequencyHz: number): Mechanism {
  const { release, version } = kernelInfo();
  const [major, minor] = version;
  if (major < 6 || (major === 6 && minor < 1)) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `${spec.functionName}: sampling needs Linux 6.1 or later; this is ${release}.`,
    );
  }
  return single("perf_event", "words", (program) => attachToClocks(program, frequencyHz));
}

function onSecurityHook(spec: HookSpec, hook: string, features: HookFeatures): Mechanism {
  if (!features.lsm) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `${spec.functionName}: this kernel runs no programs on security hooks; it must be started with bpf in its lsm= parameter (see guidestar probe).`,
    );
  }
  return {
    name: "lsm",
    object: "lsm",
    context: "words",
    entry: { target: hook, attach: (program) => program.attachLsm() },
  };
}

function onUserFunction(
  spec: HookSpec,
  { path, offset }: HookTarget & { readonly kind: "uprobe" },
): Mechanism {
  return {
    name: "uprobe",
    object: "kprobe",
    context: "functionRegisters",
    entry: {
      attach: (program) => program.attachUprobe({ path, offset }),
    },
    ...(reportsAtReturn(spec) && {
      returned: {
        attach: (program: Program) => program.attachUprobe({ path, offset, return: true }),
        result: { kind: "GS_SOURCE_CONTEXT", offset: registers.result, size: 8 },
      },
    }),
  };
}
