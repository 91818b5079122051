/** The ways to attach a hook: which program, what that is given, and to what it is attached. */
import { Btf, Kind, type Link, type Program } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import { registers } from "./registers.js";
import type { Context } from "./sources.js";

export type MechanismName = "fentry" | "kprobe" | "tracepoint" | "raw_tracepoint" | "sys_enter";

export interface Mechanism {
  readonly name: MechanismName;
  /** Of the hook object. */
  readonly program: string;
  readonly context: Context;
  /** Before load: for programs that are made for one function. */
  readonly target?: string;
  attach(program: Program): Link;
}

/** What this kernel was found to offer. */
export interface HookFeatures {
  readonly fentry: boolean;
  readonly kprobe: boolean;
}

/** Throws a `GuidestarError` if this kernel has no way. */
export function chooseMechanism(spec: HookSpec, features: HookFeatures): Mechanism {
  const { target } = spec;
  switch (target.kind) {
    case "tracepoint":
      return {
        name: "tracepoint",
        program: "hook_tracepoint",
        context: "record",
        attach: (program) => program.attachTracepoint(target.subsystem, target.event),
      };
    case "rawTracepoint":
      return {
        name: "raw_tracepoint",
        program: "hook_raw_tracepoint",
        context: "words",
        attach: (program) => program.attachRawTracepoint(target.name),
      };
    case "syscall":
      return onSyscall(target.name, features);
    case "function":
      return onFunction(target.name, "functionRegisters", features);
    default:
      throw new GuidestarError(
        "UNIMPLEMENTED",
        `${spec.functionName}: hooks of kind ${target.kind} are not supported.`,
      );
  }
}

function onSyscall(name: string, features: HookFeatures): Mechanism {
  if (features.fentry || features.kprobe) {
    return onFunction(`${registers.syscallPrefix}${name}`, "syscall", features);
  }
  return {
    name: "sys_enter",
    program: "hook_sys_enter",
    context: "syscall",
    attach: (program) => program.attach(),
  };
}

function onFunction(name: string, context: Context, features: HookFeatures): Mechanism {
  if (features.fentry && Btf.kernel().find(name, Kind.FUNC) !== undefined) {
    return {
      name: "fentry",
      program: "hook_fentry",
      context: context === "syscall" ? context : "words",
      target: name,
      attach: (program) => program.attachTrace(),
    };
  }
  if (!features.kprobe) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `${name}: this kernel has neither fentry nor kprobes for it (see guidestar probe).`,
    );
  }
  return {
    name: "kprobe",
    program: "hook_kprobe",
    context,
    attach: (program) => program.attachKprobe(name),
  };
}
