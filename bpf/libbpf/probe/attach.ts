import { Kind } from "../btf/kinds.js";
import { BpfError } from "../errors.js";
import { type AttachKind, attachKinds } from "../links/kinds.js";
import type { Link } from "../links/link.js";
import { PerfEvent } from "../links/perfEvent.js";
import { BpfObject } from "../object/object.js";
import type { Program } from "../object/program.js";
import { ProgramType } from "../object/programTypes.js";
import { activeLsms } from "./kernel.js";
import { tinyObject, tinyProgramName } from "./tinyObject.js";
import { firstKnown, tryBtfTarget } from "./tracing.js";

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
    trials[kind]();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return { works: false, code: error.code, reason: error.message };
  }
  return kind === "lsm" ? lsmVerdict() : { works: true };
}

/** A program on a security hook attaches even if the kernel was booted without the BPF LSM; it just never runs. */
function lsmVerdict(): Verdict {
  const active = activeLsms();
  if (!active || active.includes("bpf")) return { works: true };
  const reason = `programs attach to security hooks but never run: the kernel was started without the BPF LSM (active: ${active.join(", ")}); add bpf to its lsm= parameter`;
  return { works: false, code: "LSM_INACTIVE", reason };
}

/** A function for kernel self-tests, else one that is called when swap space is taken away. */
const quietFunctions = ["bpf_fentry_test1", "__x64_sys_swapoff", "__arm64_sys_swapoff"];
const quietFunction = (): string => firstKnown(quietFunctions, Kind.FUNC);

/** Only such functions can be given another result. */
const quietHook = (): string =>
  firstKnown(["security_quota_on", "bpf_modify_return_test"], Kind.FUNC);

const { TRACING, LSM } = ProgramType;
const RENAME = "task_rename";

const trials: Readonly<Record<ProbedKind, () => void>> = {
  raw_tracepoint: () => tryObject(`raw_tp/${RENAME}`),
  tp_btf: () => tryBtfTarget(TRACING, 23, `btf_trace_${RENAME}`, Kind.TYPEDEF),
  tracepoint: () => tryObject(`tp/task/${RENAME}`),
  fentry: () => tryBtfTarget(TRACING, 24, quietFunction(), Kind.FUNC),
  fexit: () => tryBtfTarget(TRACING, 25, quietFunction(), Kind.FUNC),
  fmod_ret: () => tryBtfTarget(TRACING, 26, quietHook(), Kind.FUNC),
  lsm: () => tryBtfTarget(LSM, 27, "bpf_lsm_quota_on", Kind.FUNC),
  kprobe: () => tryObject(`kprobe/${quietFunction()}`),
  kretprobe: () => tryObject(`kretprobe/${quietFunction()}`),
  kprobe_multi: () => tryObject(`kprobe.multi/${quietFunction()}`),
  ksyscall: () => tryObject("ksyscall/swapoff"),
  uprobe: () => tryObject("uprobe", (program) => onOwnFunction(program, false)),
  uretprobe: () => tryObject("uretprobe", (program) => onOwnFunction(program, true)),
  perf_event: () => tryObject("perf_event", onDummyEvent),
  cgroup: () => tryObject("cgroup_skb/egress", () => undefined, 1),
  iter: () => tryBtfTarget(TRACING, 28, "bpf_iter_bpf_map", Kind.FUNC),
};

/** Attaches where the section says, if not told otherwise. */
function tryObject(
  section: string,
  attach: (program: Program) => Link | undefined = (program) => program.attach(),
  returns = 0,
): void {
  const object = BpfObject.open(tinyObject(section, returns), { name: "probe" });
  try {
    attach(object.load().program(tinyProgramName))?.close();
  } finally {
    object.close();
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
