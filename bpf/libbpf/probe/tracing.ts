import { Btf } from "../btf/btf.js";
import type { Kind } from "../btf/kinds.js";
import { BpfError } from "../errors.js";
import { Handle } from "../native/handle.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import { cText, NativeStruct } from "../native/struct.js";
import type { ProgramType } from "../object/programTypes.js";
import { summarize } from "../object/verifierSummary.js";
import { constantProgram } from "./tinyObject.js";

const LOG_BYTES = 64 * 1024;
const TRACE_ITER = 28;

/**
 * Loads a program that does nothing for a target that is known by its BTF id, attaches it and
 * closes it. Not through an object: libbpf reads all of the kernel's BTF for each of those.
 */
export function tryBtfTarget(
  type: ProgramType,
  attachType: number,
  target: string,
  kind: Kind,
): void {
  const log = Buffer.alloc(LOG_BYTES);
  const opts = NativeStruct.options(104)
    .u32(12, attachType)
    .u32(32, Btf.kernel().get(target, kind).id)
    .u32(88, 1)
    .u32(92, LOG_BYTES)
    .pointer(96, log);
  const code = constantProgram(0);
  const loaded = withMessages(() =>
    libbpf.bpf_prog_load(type, "probe", "Dual BSD/GPL", code, code.length / 8, opts.bytes),
  ).value;
  if (loaded < 0) {
    const said = cText(log).trim();
    throw BpfError.fromErrno(`cannot load a program for ${target}`, loaded, {
      advice: said ? summarize(said) : undefined,
    });
  }
  const program = new Handle("the probing program", BigInt(loaded), "close");
  try {
    const link = withMessages(() =>
      attachType === TRACE_ITER
        ? libbpf.bpf_link_create(program.fd, 0, attachType, null)
        : libbpf.bpf_raw_tracepoint_open(null, program.fd),
    ).value;
    if (link < 0) throw BpfError.fromErrno(`cannot attach a program to ${target}`, link);
    new Handle("the probing link", BigInt(link), "close").close();
  } finally {
    program.close();
  }
}

/** The first of these names that kernel BTF has; the first of all if there is no BTF. */
export function firstKnown(names: readonly string[], kind: Kind): string {
  const [first = ""] = names;
  try {
    const btf = Btf.kernel();
    return names.find((name) => btf.find(name, kind)) ?? first;
  } catch {
    return first;
  }
}
