/** Lines of kprobe events: the functions that people watch most have a form of their own. */
import { type fgs, guidestar } from "../../../proto/generated/api.js";
import type { Paint } from "../text/paint.js";
import { printable } from "../text/printable.js";
import { actionText } from "./action.js";
import { type Arguments, connection, fileAt, firstOf, integerAt, wordAt } from "./argument.js";
import type { Parts } from "./parts.js";

interface Form {
  readonly emoji: string;
  readonly name: string;
  readonly details: (args: Arguments) => readonly string[];
}

export function kprobeParts(kprobe: fgs.ProcessKprobe.$Properties, paint: Paint): Parts {
  const { emoji, name, details } = formOf(kprobe);
  const painted = details(kprobe.args ?? []).map(paint.cyan);
  return { emoji, name, details: [...painted, paint.red(actionText(kprobe))] };
}

function formOf(kprobe: fgs.ProcessKprobe.$Properties): Form {
  const functionName = kprobe.function_name ?? "";
  const shown = printable(functionName);
  const { HOOK_KIND_LSM, HOOK_KIND_UPROBE } = guidestar.HookKind;
  if (kprobe.kind === HOOK_KIND_LSM)
    return { emoji: "🔒", name: "LSM", details: (args) => [shown, firstOf(args)] };
  if (kprobe.kind === HOOK_KIND_UPROBE) {
    const where = printable(kprobe.where ?? "");
    return { emoji: "🕵️", name: "uprobe", details: (args) => [where, shown, firstOf(args)] };
  }
  const known = functions.get(functionName) ?? syscalls.get(syscallOf(functionName));
  if (known) return known;
  // Servers that tell no kind are those whose lines have been like this for years.
  const more = (args: Arguments) => (kprobe.kind ? [firstOf(args)] : []);
  return { emoji: "⁉️", name: "syscall", details: (args) => [shown, ...more(args)] };
}

const functions = new Map<string, Form>(
  Object.entries({
    fd_install: { emoji: "📬", name: "open", details: (args) => [fileAt(args, 1)] },
    tcp_connect: { emoji: "🔧", name: "tcp_connect", details: (args) => [connection(args)] },
    tcp_close: { emoji: "🔧", name: "tcp_close", details: (args) => [connection(args)] },
    tcp_sendmsg: {
      emoji: "🔧",
      name: "tcp_sendmsg",
      details: (args) => [connection(args), `bytes ${integerAt(args, 1) || "0"}`],
    },
  } satisfies Record<string, Form>),
);

const syscalls = new Map<string, Form>(
  Object.entries({
    write: { emoji: "📝", name: "write", details: transfer },
    read: { emoji: "📚", name: "read", details: transfer },
    close: { emoji: "📪", name: "close", details: (args) => [fileAt(args, 0)] },
    mount: { emoji: "💾", name: "mount", details: fromTo },
    pivot_root: { emoji: "💾", name: "pivot_root", details: fromTo },
    setuid: { emoji: "🔑", name: "setuid", details: (args) => [integerAt(args, 0)] },
    clock_settime: { emoji: "⏰", name: "clock_settime", details: () => [] },
    setns: { emoji: "🔧", name: "setns", details: (args) => [namespaceType(args[1]?.int_arg)] },
  } satisfies Record<string, Form>),
);

/** `__x64_sys_write`, `__arm64_sys_write`, `sys_write`: all are `write`; "" for no system call. */
function syscallOf(functionName: string): string {
  return /^(?:__[a-z0-9]+_)?sys_(\w+)$/.exec(functionName)?.[1] ?? "";
}

function transfer(args: Arguments): string[] {
  const size = integerAt(args, 2);
  return [fileAt(args, 0), size === "" ? "" : `${size} bytes`];
}

function fromTo(args: Arguments): string[] {
  return [wordAt(args, 0), wordAt(args, 1)];
}

/** The CLONE_NEW* flags that setns takes. */
const namespaceFlags: readonly (readonly [number, string])[] = [
  [0x80, "time"],
  [0x20000, "mnt"],
  [0x2000000, "cgroup"],
  [0x4000000, "uts"],
  [0x8000000, "ipc"],
  [0x10000000, "user"],
  [0x20000000, "pid"],
  [0x40000000, "net"],
];

function namespaceType(flags: number | null | undefined): string {
  if (flags == null) return "";
  if (flags === 0) return "any";
  const known = namespaceFlags.filter(([flag]) => (flags & flag) !== 0);
  const rest = known.reduce((left, [flag]) => left & ~flag, flags);
  const names = known.map(([, name]) => name);
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.join("|");
}
