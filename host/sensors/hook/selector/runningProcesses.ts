/** Processes that were there before a filter that follows: which of them match, and their parents. */
import type { Btf } from "../../../../bpf/libbpf/index.js";
import { readStat, readText } from "../../../source/procScanFiles.js";
import type { Rule } from "./markRules.js";
import { type MarkMaps, pidOf } from "./marks.js";

export interface MarkedProcess {
  /** By itself; or its creator does, which may have ended since. */
  readonly matches: boolean;
  /** That is still there and its parent; else 0. */
  readonly parentPid: number;
}

/**
 * Of those that are traced, by pid. An ancestor that has ended is known only by its pid, and only
 * to its children.
 */
export function runningProcesses(
  btf: Btf,
  maps: Pick<MarkMaps, "processes" | "facts">,
  rule: Rule,
): Map<number, MarkedProcess> {
  const found = new Map<number, MarkedProcess>();
  const creator = offsetOf(btf, "gs_process", "parent.pid");
  for (const key of [...maps.processes.keys()]) {
    const pid = pidOf(key);
    const entry = maps.processes.lookup(key);
    if (entry === undefined) continue;
    const creatorPid = new DataView(entry.buffer, entry.byteOffset).getUint32(creator, true);
    const matches =
      rule.kind === "pids"
        ? pidMatches(rule, pid) || (!rule.namespaced && rule.values.includes(creatorPid))
        : binaryMatches(btf, rule, maps.facts.lookup(key));
    found.set(pid, { matches, parentPid: livingParent(pid, creatorPid) });
  }
  return found;
}

/** The creator, if it still is the parent. */
function livingParent(pid: number, creatorPid: number): number {
  return readStat(`/proc/${pid}`)?.parentPid === creatorPid ? creatorPid : 0;
}

function pidMatches(rule: Rule & { readonly kind: "pids" }, pid: number): boolean {
  if (!rule.namespaced) return rule.values.includes(pid);
  const status = readText(`/proc/${pid}/status`) ?? "";
  const all = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
  return all.length > 1 && rule.values.includes(all.at(-1) ?? 0);
}

function binaryMatches(
  btf: Btf,
  rule: Rule & { readonly kind: "binaries" },
  facts: Uint8Array | undefined,
): boolean {
  if (facts === undefined) return false;
  const bytes = Buffer.from(facts.buffer, facts.byteOffset, facts.byteLength);
  const size = bytes.readUInt32LE(offsetOf(btf, "gs_facts", "binary_size"));
  const field = (name: string) => {
    const { offset, size } = memberOf(btf, "gs_facts", name);
    return bytes.subarray(offset, offset + size);
  };
  const head = field("binary");
  const tail = field("binary_tail");
  return rule.values.some((value) => {
    if (size < value.length || (rule.match === "equal" && size !== value.length)) return false;
    const part =
      rule.match === "postfix"
        ? tail.subarray(tail.length - value.length)
        : head.subarray(0, value.length);
    return part.equals(value);
  });
}

function memberOf(btf: Btf, struct: string, name: string) {
  const member = btf.struct(struct).members[name];
  if (member === undefined) throw new Error(`struct ${struct} has no member ${name}`);
  return member;
}

const offsetOf = (btf: Btf, struct: string, name: string): number =>
  memberOf(btf, struct, name).offset;
