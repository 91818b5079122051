/** Hooks on functions of the kernel: fentry where that reaches, kprobes elsewhere, and what overrides. */
import { Btf, type BtfFunction, type Program } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import type { HookFeatures } from "./features.js";
import { reportsAtReturn } from "./hookConfig.js";
import type { Mechanism } from "./mechanism.js";
import { registers } from "./registers.js";
import type { Context } from "./sources.js";

export interface FunctionTarget {
  readonly name: string;
  readonly module?: string;
}

/** Throws a `GuidestarError` if there is no way. */
export function onFunction(
  spec: HookSpec,
  target: FunctionTarget,
  context: Context,
  features: HookFeatures,
): Mechanism {
  const prototype = prototypeOf(target);
  const typed = prototype && isSimple(prototype) ? prototype : undefined;
  if (overrides(spec)) return onOverridden(spec, target, context, features, typed);
  if (features.fentry && typed !== undefined) return typedHook(spec, typed, context);
  if (features.kprobe) return probedHook(spec, target.name, context);
  const lack = features.fentry ? `kprobes, and fentry needs its type (BTF)` : "fentry nor kprobes";
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${spec.functionName}: this kernel offers neither ${lack} (see guidestar probe).`,
  );
}

const overrides = ({ selectors }: HookSpec): boolean =>
  selectors.some(({ actions }) => actions.some(({ kind }) => kind === "override"));

/**
 * Which functions may be overridden only the kernel knows; it says so when the program is attached
 * (kprobe) or loaded (fmod_ret).
 */
function onOverridden(
  spec: HookSpec,
  target: FunctionTarget,
  context: Context,
  features: HookFeatures,
  typed: BtfFunction | undefined,
): Mechanism {
  const security = target.name.startsWith("security_");
  if (features.kprobe && features.overrideReturn && !security) {
    return probedHook(spec, target.name, context);
  }
  if (features.fmodRet && typed !== undefined) {
    return { ...typedHook(spec, typed, context), ...modifying(target.name) };
  }
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${spec.functionName}: Override needs bpf_override_return or fmod_ret programs, and this kernel offers neither for it (see guidestar probe).`,
  );
}

const modifying = (target: string) =>
  ({
    name: "fmod_ret",
    object: "fmod_ret",
    entry: {
      target,
      attach: (program: Program) => program.attachTrace(),
    },
  }) as const;

function typedHook(spec: HookSpec, { name, parameters }: BtfFunction, context: Context): Mechanism {
  const attach = (program: Program) => program.attachTrace();
  return {
    name: "fentry",
    object: "fentry",
    context: context === "syscall" ? context : "words",
    entry: { target: name, attach },
    ...(reportsAtReturn(spec) && {
      returned: {
        target: name,
        attach,
        result: { kind: "GS_SOURCE_CONTEXT", offset: 8 * parameters.length, size: 8 },
      },
    }),
  };
}

function probedHook(spec: HookSpec, name: string, context: Context): Mechanism {
  return {
    name: "kprobe",
    object: "kprobe",
    context,
    entry: { attach: (program) => program.attachKprobe(name) },
    ...(reportsAtReturn(spec) && {
      returned: {
        attach: (program: Program) => program.attachKprobe(name, { return: true }),
        result: { kind: "GS_SOURCE_CONTEXT", offset: registers.result, size: 8 },
      },
    }),
  };
}

function prototypeOf({ name, module }: FunctionTarget): BtfFunction | undefined {
  const btf = module === undefined ? Btf.kernel() : moduleBtf(module);
  return btf?.function(name);
}

function moduleBtf(name: string): Btf | undefined {
  try {
    return Btf.module(name);
  } catch {
    return undefined; // a module without types: a kprobe does without them
  }
}

/** What the kernel's trampolines take: no variable arguments, no more than they can pass. */
const isSimple = ({ variadic, parameters }: BtfFunction): boolean =>
  !variadic && parameters.length <= 6;
