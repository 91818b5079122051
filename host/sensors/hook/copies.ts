/** How a value of each type is copied into the record (`enum gs_hook_copy`), and how long that is. */
import type { ArgumentSpec, ArgumentType } from "../../policy/hookSpec.js";

export interface Copy {
  /** Without `GS_COPY_`. */
  readonly name: string;
  /** Of an argument that can't be read: `enum gs_arg_kind`, without `GS_ARG_`. */
  readonly kind: string;
  /** Of an integer; else 0. */
  readonly bits: number;
  readonly isSigned: boolean;
  /** Always in kernel memory, whatever the hook. */
  readonly inKernel: boolean;
  /**
   * The type stands for something that a member of its struct leads to. `pointer`: the member holds
   * its address; `inside`: it lies in the struct.
   */
  readonly member?: {
    readonly struct: string;
    readonly name: string;
    readonly kind: "pointer" | "inside";
  };
  /** A struct that not every kernel has. */
  readonly struct?: string;
  /** Bytes at most; without `struct gs_arg` and padding. */
  payloadBytes(arg: ArgumentSpec): number;
}

export function copyOf(arg: ArgumentSpec): Copy {
  const copy = copies[arg.type];
  // What `resolve` ends at is the place of the integer, not the integer.
  return copy.name === "INT" && arg.resolve.length > 0 ? { ...copy, name: "INT_AT" } : copy;
}

const integer = (bits: number, isSigned: boolean): Copy => ({
  name: "INT",
  kind: "INT",
  bits,
  isSigned,
  inKernel: false,
  payloadBytes: () => 8,
});

const pathMax = 4096;
const unixNameMax = 108;
const bytesHead = 8;

/** One byte more than is reported, to see whether there is more, and NUL. */
const textBytes = ({ maxData }: ArgumentSpec): number => bytesHead + maxData + 2;

/** Sizes are those of the structs in `hook/record.h`; a test holds them against the object's BTF. */
const thing = (name: string, kind: string, bytes: number, member?: Copy["member"]): Copy => ({
  name,
  kind,
  bits: 0,
  isSigned: false,
  inKernel: true,
  ...(member && { member }),
  payloadBytes: () => bytes,
});

const text: Copy = { ...thing("STRING", "STRING", 0), inKernel: false, payloadBytes: textBytes };
const buffer = (name: string): Copy => ({
  ...thing(name, "BYTES", 0),
  inKernel: false,
  payloadBytes: ({ maxData }) => bytesHead + maxData,
});
const path = (name: string, member?: Copy["member"]): Copy =>
  thing(name, "PATH", 8 + pathMax, member);
const kernelText = (member: Copy["member"]): Copy => ({
  ...thing("STRING", "STRING", 0, member),
  payloadBytes: textBytes,
});
const capabilities: Copy = { ...integer(64, false), name: "INT_AT", inKernel: true };

const copies: Readonly<Record<ArgumentType, Copy>> = {
  s8: integer(8, true),
  u8: integer(8, false),
  s16: integer(16, true),
  u16: integer(16, false),
  s32: integer(32, true),
  u32: integer(32, false),
  s64: integer(64, true),
  u64: integer(64, false),
  size_t: integer(64, false),
  bool: integer(8, false),
  syscall64: integer(64, false),
  capability: integer(32, true),
  cap_permitted: capabilities,
  cap_effective: capabilities,
  cap_inheritable: capabilities,
  kernel_cap_t: capabilities,
  string: text,
  filename: kernelText({ struct: "filename", name: "name", kind: "pointer" }),
  net_device: kernelText({ struct: "net_device", name: "name", kind: "inside" }),
  char_buf: buffer("BUFFER"),
  char_iovec: buffer("IOVEC"),
  iov_iter: buffer("ITER"),
  fd: { ...path("FD"), inKernel: false },
  file: path("FILE"),
  kiocb: path("FILE", { struct: "kiocb", name: "ki_filp", kind: "pointer" }),
  linux_binprm: path("FILE", { struct: "linux_binprm", name: "file", kind: "pointer" }),
  path: path("PATH"),
  dentry: path("DENTRY"),
  sock: thing("SOCK", "SOCK", 64),
  socket: thing("SOCK", "SOCK", 64, { struct: "socket", name: "sk", kind: "pointer" }),
  skb: thing("SKB", "SKB", 64),
  sockaddr: { ...thing("SOCKADDR", "SOCKADDR", 24 + unixNameMax + 1), inKernel: false },
  cred: thing("CRED", "CRED", 64),
  user_namespace: thing("USER_NS", "USER_NS", 16),
  bpf_attr: thing("BPF_ATTR", "BPF_ATTR", 40),
  bpf_prog: thing("BPF_PROG", "BPF_PROG", 40),
  bpf_map: thing("BPF_MAP", "BPF_MAP", 40),
  perf_event: thing("PERF_EVENT", "PERF_EVENT", 88),
  module: { ...thing("MODULE", "MODULE", 80), struct: "module" },
  load_info: { ...thing("LOAD_INFO", "MODULE", 80), struct: "load_info" },
  nop: thing("NOTHING", "INT", 0),
};
