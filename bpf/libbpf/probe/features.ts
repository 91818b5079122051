import { type Capability, effectiveCapabilities } from "../native/capabilities.js";
import { libbpfVersion } from "../native/libbpf.js";
import { ProgramType } from "../object/programTypes.js";
import { type ProbedKind, probeAttach, probedKinds, type Verdict } from "./attach.js";
import { hasHelper } from "./helpers.js";
import { activeLsms, btfInfo, type KernelInfo, kernelInfo } from "./kernel.js";
import { probeMapTypes, probeProgramTypes } from "./types.js";

/** What this machine offers to eBPF. Plain data: it crosses threads and makes JSON. */
export interface Features {
  /** Version of the libbpf in use. */
  readonly libbpf: string;
  readonly kernel: KernelInfo;
  readonly btf: { readonly kernel: boolean; readonly modules: readonly string[] };
  /** Of those that matter here, the ones this process has. Without CAP_BPF the rest is all false. */
  readonly capabilities: readonly Capability[];
  /** Active security modules; undefined if that cannot be known. */
  readonly lsms: readonly string[] | undefined;
  readonly programTypes: Readonly<Record<string, boolean>>;
  readonly mapTypes: Readonly<Record<string, boolean>>;
  /** Tried out by really attaching. */
  readonly attach: Readonly<Record<ProbedKind, Verdict>>;
  /** kprobe programs may change what a function returns, where the kernel allows it for the function. */
  readonly overrideReturn: boolean;
  /** By program type and name, as asked for. */
  readonly helpers: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
}

export interface ProbeOptions {
  /** Helpers to ask for, by program type: `{ KPROBE: ["probe_read_kernel"] }`. */
  readonly helpers?: Readonly<Partial<Record<keyof typeof ProgramType, readonly string[]>>>;
}

/** Finds out what this machine offers. Loads and attaches some harmless programs, one after the other. */
export function probeFeatures(options: ProbeOptions = {}): Features {
  const btf = btfInfo();
  const attach = Object.fromEntries(probedKinds.map((kind) => [kind, probeAttach(kind)])) as Record<
    ProbedKind,
    Verdict
  >;
  const programTypes = probeProgramTypes();
  const asked = Object.entries(options.helpers ?? {}) as [keyof typeof ProgramType, string[]][];
  return {
    libbpf: libbpfVersion(),
    kernel: kernelInfo(),
    btf,
    capabilities: effectiveCapabilities(),
    lsms: activeLsms(),
    // libbpf asks by fentry, which is only one of the uses of the type.
    programTypes: {
      ...programTypes,
      tracing: programTypes.tracing || attach.tp_btf.works || attach.iter.works,
    },
    mapTypes: probeMapTypes(),
    attach,
    overrideReturn: btf.kernel && hasHelper(ProgramType.KPROBE, "override_return"),
    helpers: Object.fromEntries(
      asked.map(([type, names]) => [
        type,
        Object.fromEntries(
          names.map((name) => [name, btf.kernel && hasHelper(ProgramType[type], name)]),
        ),
      ]),
    ),
  };
}
