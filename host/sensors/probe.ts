/** What this machine offers, and what guidestar makes of it. */
import {
  BpfError,
  type Features,
  kernelInfo,
  type ProbedKind,
  probeFeatures,
} from "../../bpf/libbpf/index.js";
import { findCgroupMount } from "../source/procScanCgroup.js";
import { hasLoopHelper } from "./baseObject.js";
import { findLacks } from "./requirements.js";

/** Plain data. */
export interface KernelProbe {
  readonly kernel: string;
  readonly machine: string;
  /** Version of libbpf; undefined if there is none. */
  readonly libbpf: string | undefined;
  /** Live events work here. */
  readonly ready: boolean;
  /** What is missing for live events, a sentence each that says what to do. */
  readonly problems: readonly string[];
  /** What was looked at, in the order in which it matters. Empty if nothing could be looked at. */
  readonly features: readonly ProbedFeature[];
}

export interface ProbedFeature {
  readonly name: string;
  readonly available: boolean;
  /** What guidestar does with it, or without it. */
  readonly use: string;
  /** Why it is not available, where the kernel says so. */
  readonly reason?: string;
}

/** Loads and attaches some harmless programs, one after the other; takes about a second. */
export function probeKernel(): KernelProbe {
  const { release, machine } = kernelInfo();
  const problems = findLacks().map((lack) => lack.sentence);
  const found = problems.length === 0 ? attempt() : undefined;
  if (found instanceof BpfError) problems.push(`${found.message}.`);
  const features = found === undefined || found instanceof BpfError ? undefined : found;
  const listed = features === undefined ? [] : listFeatures(features);
  const needed = listed.filter(({ name, available }) => needs.has(name) && !available);
  for (const { name, reason } of needed) {
    problems.push(`This kernel has no ${name}${reason === undefined ? "" : ` (${reason})`}.`);
  }
  return {
    kernel: release,
    machine,
    libbpf: features?.libbpf,
    ready: problems.length === 0,
    problems,
    features: listed,
  };
}

function attempt(): Features | BpfError {
  try {
    return probeFeatures();
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}

/** Without these there are no live events at all. */
const needs = new Set(["typed raw tracepoints", "ring buffer"]);

function listFeatures(found: Features): ProbedFeature[] {
  const attach = (name: string, kind: ProbedKind, uses: Uses): ProbedFeature => {
    const verdict = found.attach[kind];
    const feature = rated(name, verdict.works, uses);
    return verdict.works ? feature : { ...feature, reason: verdict.reason };
  };
  return [
    attach("typed raw tracepoints", "tp_btf", {
      with: "fork, exec and exit of processes",
      without: "no process events",
    }),
    rated("ring buffer", found.mapTypes.ringbuf === true, {
      with: "events from the kernel, in order over all CPUs",
      without: "no events",
    }),
    rated("bpf_loop", hasLoopHelper(), {
      with: "arguments up to 6 MiB and paths of any depth, whole",
      without:
        "arguments up to 512 KiB and paths of 64 directories, whole; longer ones cut and flagged",
    }),
    rated("cgroup v2", findCgroupMount() !== undefined, {
      with: "cgroup ids, and tracing of one cgroup",
      without: "cgroup names from cgroup v1; no tracing of one cgroup",
    }),
    attach("fentry", "fentry", {
      with: "policy hooks on kernel functions, at the lowest cost",
      without: "policy hooks on kernel functions through kprobes, if there are any",
    }),
    attach("kprobes", "kprobe", {
      with: "policy hooks where fentry does not reach",
      without: "policy hooks on system calls only, through raw tracepoints, unless there is fentry",
    }),
    attach("raw tracepoints", "raw_tracepoint", {
      with: "policy hooks on system calls where nothing else works",
      without: "policy hooks on system calls need fentry or kprobes",
    }),
    attach("tracepoints", "tracepoint", {
      with: "policies on tracepoints",
      without: "policies on tracepoints are refused",
    }),
    rated("bpf_override_return", found.overrideReturn, {
      with: "the Override action on functions that allow it",
      without: "the Override action through the BPF LSM, if that is there",
    }),
    attach("BPF LSM", "lsm", {
      with: "policies on security hooks",
      without: "policies on security hooks are refused",
    }),
    attach("uprobes", "uprobe", {
      with: "policies on functions of programs",
      without: "policies on functions of programs are refused",
    }),
  ];
}

interface Uses {
  readonly with: string;
  readonly without: string;
}

const rated = (name: string, available: boolean, uses: Uses): ProbedFeature => ({
  name,
  available,
  use: available ? uses.with : uses.without,
});
