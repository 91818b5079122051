import { Btf } from "../btf/btf.js";
import { Kind } from "../btf/kinds.js";
import { libbpf } from "../native/libbpf.js";
import { libc } from "../native/libc.js";
import { withMessages } from "../native/messages.js";
import { cText, NativeStruct } from "../native/struct.js";
import { ProgramType } from "../object/programTypes.js";

/**
 * Whether programs of the type may call the helper: `ringbuf_output`, with or without `bpf_`. Needs
 * kernel BTF, which has the names. libbpf has such a probe, too, but before 1.5 it does not
 * understand what kernels from 6.10 on answer.
 */
export function hasHelper(type: ProgramType, helper: string): boolean {
  numbers ??= helperNumbers();
  const number = numbers.get(helper.replace(/^bpf_/, ""));
  // A kernel that does not have the name does not have the helper.
  if (number === undefined) return false;
  const log = Buffer.alloc(LOG_BYTES);
  const attach = attachment(type);
  const opts = NativeStruct.options(104)
    .u32(12, attach.type)
    .u32(32, attach.btfId)
    .u32(88, 1)
    .u32(92, LOG_BYTES)
    .pointer(96, log);
  const code = callAndExit(number);
  const { value: fd } = withMessages(() =>
    libbpf.bpf_prog_load(type, "probe", "GPL", code, code.length / INSTRUCTION, opts.bytes),
  );
  if (fd >= 0) {
    libc.close(fd);
    return true;
  }
  const said = cText(log);
  // Refused for its arguments: it is there. Refused without a look at it: who knows.
  return said.trim() !== "" && !refusal.test(said);
}

const LOG_BYTES = 8192;
const INSTRUCTION = 8;
const refusal = /invalid func |unknown func |program of this type cannot use helper /;

let numbers: ReadonlyMap<string, number> | undefined;

function helperNumbers(): ReadonlyMap<string, number> {
  const all = Object.entries(Btf.kernel().enum("bpf_func_id"));
  return new Map(all.map(([name, number]) => [name.replace(/^BPF_FUNC_/, ""), Number(number)]));
}

function callAndExit(helper: number): Buffer {
  const code = Buffer.alloc(3 * INSTRUCTION);
  code.writeUInt8(0x85, 0); // call
  code.writeInt32LE(helper, 4);
  code.writeUInt8(0xb7, 8); // r0 = 0
  code.writeUInt8(0x95, 16); // exit
  return code;
}

/** Types that cannot be loaded without saying what for: `bpf_attach_type`, and the BTF id attached to. */
function attachment(type: ProgramType): { type: number; btfId: number } {
  const to = (name: string, kind: Kind): number => Btf.kernel().find(name, kind)?.id ?? 0;
  switch (type) {
    case ProgramType.TRACING:
      return { type: 23, btfId: to("btf_trace_task_rename", Kind.TYPEDEF) };
    case ProgramType.LSM:
      return { type: 27, btfId: to("bpf_lsm_quota_on", Kind.FUNC) };
    case ProgramType.CGROUP_SOCK_ADDR:
      return { type: 10, btfId: 0 };
    case ProgramType.CGROUP_SOCKOPT:
      return { type: 21, btfId: 0 };
    case ProgramType.SK_LOOKUP:
      return { type: 36, btfId: 0 };
    default:
      return { type: 0, btfId: 0 };
  }
}
