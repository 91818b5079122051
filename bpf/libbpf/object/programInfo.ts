import { BpfError } from "../errors.js";
import { objectInfo } from "../maps/info.js";
import { Handle } from "../native/handle.js";
import { libbpf } from "../native/libbpf.js";

/** What the kernel tells of a loaded program. Plain data. */
export interface ProgramInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly type: number;
  /** `raw_tracepoint`, `kprobe`, ... */
  readonly typeName: string;
  /** Hash of its instructions, hexadecimal. */
  readonly tag: string;
  /** Machine code, bytes; 0 if it is interpreted. */
  readonly jitedBytes: number;
  /** eBPF code after verification, bytes. */
  readonly translatedBytes: number;
  /** Instructions the verifier walked through (5.16; 0 before). */
  readonly verifiedInstructions: number;
  /** CLOCK_BOOTTIME of its load, ns. */
  readonly loadTimeNs: bigint;
  /** Runs and time spent in them since statistics were switched on, see `enableStats`. */
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
  /** Runs that were skipped because the program was running on that CPU already. */
  readonly recursionMisses: bigint;
  readonly uid: number;
  readonly btfId: number;
}

const INFO_BYTES = 232;

/** Asks the kernel about the program behind a descriptor. */
export function programInfo(fd: number): ProgramInfo {
  const info = objectInfo("program", fd, INFO_BYTES);
  const type = info.getU32(0);
  return {
    id: info.getU32(4),
    name: info.getText(64, 16),
    type,
    typeName: libbpf.libbpf_bpf_prog_type_str(type) ?? `type ${type}`,
    tag: info.bytes.toString("hex", 8, 16),
    jitedBytes: info.getU32(16),
    translatedBytes: info.getU32(20),
    verifiedInstructions: info.getU32(216),
    loadTimeNs: info.getU64(40),
    runCount: info.getU64(200),
    runTimeNs: info.getU64(192),
    recursionMisses: info.getU64(208),
    uid: info.getU32(48),
    btfId: info.getU32(128),
  };
}

/**
 * Has the kernel count runs and run time of all programs until the result is closed. Costs a few
 * tens of ns a run.
 */
export function enableStats(): { close(): void } {
  const fd = libbpf.bpf_enable_stats(0);
  if (fd < 0) throw BpfError.fromErrno("cannot switch on the statistics of programs", fd);
  const handle = new Handle("the statistics of programs", BigInt(fd), "close");
  return { close: () => handle.close() };
}
