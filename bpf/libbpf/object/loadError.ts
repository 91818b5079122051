import { existsSync } from "node:fs";
import { BpfError, VerifierError } from "../errors.js";
import { missingTarget } from "../links/targets.js";
import { describeErrno } from "../native/errno.js";
import type { Program } from "./program.js";
import { summarize } from "./verifierSummary.js";

/** What came of a failed load. */
export interface FailedLoad {
  /** For errors: `eBPF object "x"`. */
  readonly object: string;
  readonly programs: readonly Program[];
  readonly errno: number;
  readonly messages: readonly string[];
  /** The verifier's, "" if it has not been asked. */
  readonly log: string;
}

/** Makes one clear error of what libbpf and the verifier said about a failed load. */
export function loadError({ object, programs, errno, messages, log }: FailedLoad): BpfError {
  const { name } = describeErrno(errno);
  const refused = firstMatch(messages, /^prog '([^']+)': (?:BPF program load failed|failed to)/);
  if (refused !== undefined && log.trim() !== "") {
    return new VerifierError(
      `the kernel refuses program "${refused}" of ${object} (${name}): ${summarize(log)}`,
      refused,
      log,
      { code: name, errno: Math.abs(errno), messages },
    );
  }
  const map = firstMatch(messages, /^(?:map|Error in bpf_create_map_xattr)[ (]'?([^')]+)'?\)?:/);
  const part = refused ? `program "${refused}" of ` : map ? `map "${map}" of ` : "";
  const program = programs.find((each) => each.name === refused);
  return BpfError.fromErrno(`cannot load ${part}${object}`, errno, {
    messages,
    advice: name === "EPERM" ? undefined : advice(name, program, map, messages),
  });
}

function advice(
  code: string,
  program: Program | undefined,
  map: string | undefined,
  messages: readonly string[],
): string | undefined {
  if (!existsSync("/sys/kernel/btf/vmlinux") && messages.some((line) => line.includes("BTF"))) {
    return "this kernel offers no BTF (/sys/kernel/btf/vmlinux); it needs one built with CONFIG_DEBUG_INFO_BTF=y";
  }
  const target = firstMatch(messages, /kernel BTF type ID of '([^']+)'/);
  if (program && target !== undefined) return missingTarget(program.kind, target);
  if (program && messages.some((line) => line.includes("missing BPF prog type"))) {
    return `libbpf does not know the section "${program.section}"`;
  }
  if (map !== undefined && code === "EINVAL") {
    return "the kernel does not take its type with these flags, sizes and max_entries";
  }
  if (program && code === "EINVAL") {
    return "this kernel may not offer the program type, or not a map type or helper it uses";
  }
  const said = messages.at(0);
  return said && `libbpf says: ${said}`;
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
