/** Execs out of the text of an audit log. */
import path from "node:path";

export interface AuditedExec {
  readonly pid: number;
  /** As given to exec, joined to the working directory; undefined: given by a descriptor. */
  readonly binary: string | undefined;
  readonly argv: readonly string[];
}

/** AT_FDCWD as the first argument of execveat, in hexadecimal; the kernel takes its lower half. */
const inWorkingDirectory = /^(f{8})?ffffff9c$/;
const execveat = "322";

/** All that succeeded, in order. */
export function auditedExecs(text: string): AuditedExec[] {
  const events = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const serial = /msg=audit\(\d+\.\d+:(\d+)\)/.exec(line)?.[1];
    if (serial === undefined) continue;
    const lines = events.get(serial);
    if (lines) lines.push(line);
    else events.set(serial, [line]);
  }
  return [...events.values()].flatMap((lines) => {
    const call = lines.find((line) => line.startsWith("type=SYSCALL"));
    const args = lines.filter((line) => line.startsWith("type=EXECVE"));
    if (!call || args.length === 0 || field(call, "success") !== "yes") return [];
    return [{ pid: Number(field(call, "pid")), binary: binaryOf(call, lines), argv: argvOf(args) }];
  });
}

function binaryOf(call: string, lines: readonly string[]): string | undefined {
  const first = lines.find((line) => line.startsWith("type=PATH") && line.includes(" item=0 "));
  const name = text(field(first ?? "", "name"));
  if (name === undefined || name === "") return undefined;
  if (path.isAbsolute(name)) return name;
  const isAt = field(call, "syscall") === execveat;
  if (isAt && !inWorkingDirectory.test(field(call, "a0") ?? "")) return undefined;
  const cwd = text(field(lines.find((line) => line.startsWith("type=CWD")) ?? "", "cwd"));
  return cwd === undefined ? undefined : path.posix.join(cwd, name);
}

/** A long argument is told in pieces, and many arguments in several records. */
function argvOf(lines: readonly string[]): string[] {
  const argv: string[] = [];
  for (const line of lines)
    for (const [, index, value] of line.matchAll(/ a(\d+)(?:\[\d+\])?=("[^"]*"|\S+)/g))
      argv[Number(index)] = (argv[Number(index)] ?? "") + (text(value) ?? "");
  return argv;
}

const field = (line: string, name: string): string | undefined =>
  new RegExp(`[ (]${name}=("[^"]*"|\\S+)`).exec(line)?.[1];

/** In quotes as it is; bare in hexadecimal, which is how what is unsafe in a log comes. */
function text(value: string | undefined): string | undefined {
  if (value === undefined || value === "(null)") return undefined;
  const bytes = value.startsWith('"')
    ? Buffer.from(value.slice(1, -1), "latin1")
    : Buffer.from(value, "hex");
  return bytes.toString("utf8");
}
