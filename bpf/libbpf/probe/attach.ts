import { Btf } from "../btf/btf.js";
import { Kind } from "../btf/kinds.js";
import { BpfError } from "../errors.js";
import { type AttachKind, attachKinds } from "../links/kinds.js";
import type { Link } from "../links/link.js";
import { PerfEvent } from "../links/perfEvent.js";
import { BpfObject } from "../object/object.js";
import type { Program } from "../object/program.js";
import { activeLsms } from "./kernel.js";
import { tinyObject, tinyProgramName } from "./tinyObject.js";

export type ProbedKind = Exclude<AttachKind, "other">;

/** Whether something works here. Plain data. */
export type Verdict =
  | { readonly works: true }
  | {
      readonly works: false;
      /** Errno name, or one of this library's codes. */
      readonly code: string;
      /** One sentence. */
      readonly reason: string;
    };

/** The kinds that `probeAttach` knows. */
export const probedKinds: readonly ProbedKind[] = attachKinds.filter(
  (kind): kind is ProbedKind => kind !== "other",
);

/**
 * Finds out whether programs can be attached this way, by loading one that does nothing, attaching
 * it where hardly ever anything happens, and closing it at once. For `cgroup` it is only loaded.
 */
export function probeAttach(kind: ProbedKind): Verdict {
  try {
    const { section, attach, returns } = trials[kind];
    tryOut(section(), attach, returns);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return { works: false, code: error.code, reason: error.message };
  }
  return kind === "lsm" ? lsmVerdict() : { works: true };
}

function tryOut(section: string, attach: Trial["attach"], returns: number | undefined): void {
  const object = BpfObject.open(tinyObject(section, returns), { name: "probe" });
  try {
    const program = object.load().program(tinyProgramName);
    const link = attach ? attach(program) : program.attach();
    link?.close();
  } finally {
    object.close();
  }
}

/** A program on a security hook attaches even if the kernel was booted without the BPF LSM; it just never runs. */
function lsmVerdict(): Verdict {
  const active = activeLsms();
  if (!active || active.includes("bpf")) return { works: true };
  const reason = `programs attach to security hooks but never run: the kernel was started without the BPF LSM (active: ${active.join(", ")}); add bpf to its lsm= parameter`;
  return { works: false, code: "LSM_INACTIVE", reason };
}

interface Trial {
  section(): string;
  /** Default: where the section says. Returns undefined if loading is all that is tried. */
  attach?(program: Program): Link | undefined;
  readonly returns?: number;
}

const section = (text: string): Trial => ({ section: () => text });
const onFunction = (prefix: string): Trial => ({ section: () => `${prefix}/${quietFunction()}` });

const trials: Readonly<Record<ProbedKind, Trial>> = {
  raw_tracepoint: section("raw_tp/task_rename"),
  tp_btf: section("tp_btf/task_rename"),
  tracepoint: section("tp/task/task_rename"),
  fentry: onFunction("fentry"),
  fexit: onFunction("fexit"),
  fmod_ret: section("fmod_ret/bpf_modify_return_test"),
  lsm: section("lsm/quota_on"),
  kprobe: onFunction("kprobe"),
  kretprobe: onFunction("kretprobe"),
  kprobe_multi: onFunction("kprobe.multi"),
  ksyscall: section("ksyscall/swapoff"),
  uprobe: { section: () => "uprobe", attach: (program) => onOwnFunction(program, false) },
  uretprobe: { section: () => "uretprobe", attach: (program) => onOwnFunction(program, true) },
  perf_event: { section: () => "perf_event", attach: onDummyEvent },
  cgroup: { section: () => "cgroup_skb/egress", attach: () => undefined, returns: 1 },
  iter: section("iter/bpf_map"),
};

/** A function for kernel self-tests, else one that is called when swap space is taken away. */
function quietFunction(): string {
  const candidates = ["bpf_fentry_test1", "__x64_sys_swapoff", "__arm64_sys_swapoff"];
  try {
    const btf = Btf.kernel();
    return candidates.find((name) => btf.find(name, Kind.FUNC)) ?? "__x64_sys_swapoff";
  } catch {
    // Without BTF kprobes may still work.
    return candidates[process.arch === "arm64" ? 2 : 1] ?? "";
  }
}

function onOwnFunction(program: Program, atReturn: boolean): Link {
  const options = { path: "libbpf.so.1", function: "libbpf_minor_version", pid: 0 };
  return program.attachUprobe({ ...options, return: atReturn });
}

const SOFTWARE = 1;
const DUMMY = 9;

function onDummyEvent(program: Program): Link {
  const event = new PerfEvent({ type: SOFTWARE, config: DUMMY });
  try {
    return program.attachPerfEvent(event);
  } finally {
    event.close();
  }
}
