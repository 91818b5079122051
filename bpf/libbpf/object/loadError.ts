import { existsSync } from "node:fs";
import { BpfError, VerifierError } from "../errors.js";
import { describeErrno } from "../native/errno.js";

/** Makes one clear error of what libbpf and the verifier said about a failed load. */
export function loadError(
  object: string,
  errno: number,
  messages: readonly string[],
  log: string,
): BpfError {
  const { name } = describeErrno(errno);
  const program = refusedProgram(messages);
  const details = { code: name, errno: Math.abs(errno), messages };
  if (program !== undefined && log.trim() !== "" && name !== "EPERM") {
    return new VerifierError(
      `the kernel refuses program "${program}" of ${object} (${name}): ${summarize(log)}`,
      program,
      log,
      details,
    );
  }
  const what = `cannot load ${program === undefined ? "" : `program "${program}" of `}${object}`;
  return BpfError.fromErrno(what, errno, { messages, advice: advice(name, program, messages) });
}

function refusedProgram(messages: readonly string[]): string | undefined {
  for (const line of messages) {
    const found = /^prog '([^']+)': (BPF program load failed|failed to)/.exec(line);
    if (found) return found[1];
  }
  return undefined;
}

function advice(
  code: string,
  program: string | undefined,
  messages: readonly string[],
): string | undefined {
  if (code === "EPERM") return undefined;
  if (!existsSync("/sys/kernel/btf/vmlinux") && messages.some((line) => line.includes("BTF"))) {
    return "this kernel offers no BTF (/sys/kernel/btf/vmlinux); it needs one built with CONFIG_DEBUG_INFO_BTF=y";
  }
  const target = messages
    .map((line) => /kernel BTF type ID of '([^']+)'/.exec(line)?.[1])
    .find(Boolean);
  if (target) return `this kernel has no function or hook "${target}" to attach to`;
  if (program !== undefined && code === "EINVAL") {
    return "this kernel may not offer the program type, or not a map type or helper it uses";
  }
  const said = messages.at(0);
  return said && `libbpf says: ${said}`;
}

/** The last lines of a verifier log that say what is wrong: the source line, the instruction, the reason. */
export function summarize(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !noise.test(line));
  const isCode = (line: string): boolean => /^\d+: \(/.test(line);
  const isSource = (line: string): boolean => line.startsWith("; ");
  let reasonFrom = lines.length;
  while (reasonFrom > 0 && !/^(\d+:|;|from \d+ to)/.test(lines[reasonFrom - 1] ?? "")) reasonFrom--;
  const reason = lines.slice(reasonFrom).slice(-3);
  const before = lines.slice(0, reasonFrom);
  const code = before.findLast(isCode);
  const source = before.findLast(isSource);
  const place = [source?.slice(2), code && `instruction ${code}`].filter(Boolean).join(", ");
  const why = (reason.length > 0 ? reason : lines.slice(-3)).join("; ");
  return place ? `${why} [at ${place}]` : why;
}

const noise =
  /^(processed \d+ insns|-- (BEGIN|END) PROG LOAD LOG|verification time|stack depth|mark_precise|peak_states|max_states|\d+: R\d)/;
