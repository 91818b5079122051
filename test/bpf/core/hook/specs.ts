/** Hook specs with everything that a test does not care about filled in. */
import { Btf, Kind } from "../../../../bpf/libbpf/index.js";
import type {
  ArgumentSpec,
  ArgumentType,
  HookSpec,
  HookTarget,
  ResolveStep,
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
  close: [3, 57],
  connect: [42, 203],
  dup: [32, 23],
  exit_group: [231, 94],
  fchdir: [81, 50],
  getpid: [39, 172],
  lseek: [8, 62],
  mkdirat: [258, 34],
  openat: [257, 56],
  read: [0, 63],
  socket: [41, 198],
  write: [1, 64],
  writev: [20, 66],
} as const;

export const functionHook = (
  name: string,
  args: readonly ArgumentSpec[],
  more: Partial<HookSpec> = {},
): HookSpec => hookOn({ kind: "function", name }, name, args, more);

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

/** Something that hangs on the task that makes the call: `cred*.uid`; a star follows a pointer. */
export function ofTask(
  path: string,
  type: ArgumentType,
  more: Partial<ArgumentSpec> = {},
): ArgumentSpec {
  const resolve = resolved("task_struct", path);
  return argument(0, type, { source: { kind: "currentTask" }, resolve, ...more });
}

/** `resolve` by the kernel's own BTF: members in a row up to a star are one step. */
export function resolved(struct: string, path: string): ResolveStep[] {
  const btf = Btf.kernel();
  let layout = btf.struct(struct);
  return path.split("*.").map((part) => {
    const dereference = part !== path.split("*.").at(-1) || part.endsWith("*");
    const member = layout.members[part.replace(/\*$/, "")];
    if (member === undefined) throw new Error(`there is no ${part} on the way of ${path}`);
    const type = btf.resolve(member.typeId);
    if (type.kind === Kind.PTR) {
      const target = btf.resolve(type.target);
      if (target.kind === Kind.STRUCT) layout = btf.struct(target.id);
    }
    return { offset: member.offset, dereference };
  });
}
