/** What this kernel offers to hooks, found by trying. */
import { hasHelper, type ProbedKind, ProgramType, probeAttach } from "../../../bpf/libbpf/index.js";

/** Plain data. */
export interface HookFeatures {
  readonly fentry: boolean;
  readonly kprobe: boolean;
  readonly fmodRet: boolean;
  readonly lsm: boolean;
  /** `bpf_override_return`. */
  readonly overrideReturn: boolean;
}

let found: HookFeatures | undefined;

/** Attaches some harmless programs for a moment, the first time that it is asked; half a second. */
export function hookFeatures(): HookFeatures {
  const works = (kind: ProbedKind): boolean => probeAttach(kind).works;
  found ??= {
    fentry: works("fentry") && works("fexit"),
    kprobe: works("kprobe"),
    fmodRet: works("fmod_ret"),
    lsm: works("lsm"),
    overrideReturn: hasHelper(ProgramType.KPROBE, "override_return"),
  };
  return found;
}
