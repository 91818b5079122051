/** Hook specs with everything that a test does not care about filled in. */
import type {
  ArgumentSpec,
  ArgumentType,
  HookSpec,
  HookTarget,
} from "../../../../host/policy/hookSpec.js";

export function syscallHook(
  name: keyof typeof syscallNumbers,
  args: readonly ArgumentSpec[],
  more: Partial<HookSpec> = {},
): HookSpec {
  const number = syscallNumbers[name][process.arch === "arm64" ? 1 : 0];
  const target: HookTarget = { kind: "syscall", name, number };
  return hookOn(target, `__x64_sys_${name}`, args, more);
}

export function hookOn(
  target: HookTarget,
  functionName: string,
  args: readonly ArgumentSpec[],
  more: Partial<HookSpec> = {},
): HookSpec {
  return { target, functionName, args, selectors: [], tags: [], ...more };
}

/** x86-64 and arm64. */
const syscallNumbers = {
  write: [1, 64],
  lseek: [8, 62],
  mkdirat: [258, 34],
} as const;

export function argument(
  index: number,
  type: ArgumentType,
  more: Partial<ArgumentSpec> = {},
): ArgumentSpec {
  return {
    type,
    index,
    source: { kind: "argument", index },
    maxData: 4096,
    resolve: [],
    user: false,
    ...more,
  };
}

export const userArgument = (
  index: number,
  type: ArgumentType,
  more: Partial<ArgumentSpec> = {},
): ArgumentSpec => argument(index, type, { user: true, ...more });
