import koffi from "koffi";

/** What an error number means: its name and the kernel's or libbpf's short text. */
export interface ErrnoText {
  readonly name: string;
  readonly text: string;
}

/** Name and text of an error number; the sign does not matter. */
export function describeErrno(errno: number): ErrnoText {
  const positive = Math.abs(errno);
  const own = libbpfErrors.get(positive);
  if (own) return own;
  const name = errnoNames().get(positive) ?? `E${positive}`;
  return { name, text: texts[name] ?? `error ${positive}` };
}

/** The number of an error name on this machine; throws for a name it does not know. */
export function errnoOf(name: string): number {
  const value = koffi.os.errno[name];
  if (value === undefined) throw new RangeError(`unknown error name ${name}`);
  return value;
}

let names: Map<number, string> | undefined;

function errnoNames(): Map<number, string> {
  names ??= new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));
  // Two names, one number: the kernel says these.
  names.set(errnoOf("EAGAIN"), "EAGAIN");
  names.set(95, "EOPNOTSUPP");
  names.set(524, "ENOTSUPP");
  return names;
}

const texts: Readonly<Record<string, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file, function or entry",
  ESRCH: "not found",
  EINTR: "interrupted",
  EIO: "input/output error",
  E2BIG: "too big",
  EBADF: "not an open file descriptor of the right kind",
  EAGAIN: "try again",
  ENOMEM: "out of memory",
  EACCES: "permission denied",
  EFAULT: "bad address",
  EBUSY: "busy",
  EEXIST: "exists already",
  ENODEV: "no such device",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EINVAL: "invalid argument",
  EMFILE: "too many open files",
  ENOSPC: "no space left",
  ERANGE: "out of range",
  ENOSYS: "not offered by this kernel",
  ENOTSUP: "not supported",
  EOPNOTSUPP: "not supported",
  ENOTSUPP: "not supported by this kernel",
  ENOTTY: "not supported for this file",
  ETIMEDOUT: "timed out",
  EILSEQ: "malformed data",
};

/** libbpf's own range of error numbers. */
const libbpfErrors: ReadonlyMap<number, ErrnoText> = new Map([
  [4000, { name: "LIBBPF_LIBELF", text: "libelf failed" }],
  [4001, { name: "LIBBPF_FORMAT", text: "not a valid eBPF object file" }],
  [4002, { name: "LIBBPF_KVERSION", text: "wrong or missing kernel version section" }],
  [4003, { name: "LIBBPF_ENDIAN", text: "compiled for another byte order" }],
  [4004, { name: "LIBBPF_INTERNAL", text: "internal error in libbpf" }],
  [4005, { name: "LIBBPF_RELOC", text: "relocation failed" }],
  [4006, { name: "LIBBPF_LOAD", text: "program loading failed for an unknown reason" }],
  [4007, { name: "LIBBPF_VERIFY", text: "rejected by the kernel's verifier" }],
  [4008, { name: "LIBBPF_PROG2BIG", text: "program too big" }],
  [4009, { name: "LIBBPF_KVER", text: "wrong kernel version" }],
  [4010, { name: "LIBBPF_PROGTYPE", text: "this kernel does not offer the program type" }],
  [4011, { name: "LIBBPF_WRNGPID", text: "wrong pid in a netlink message" }],
  [4012, { name: "LIBBPF_INVSEQ", text: "wrong sequence in a netlink message" }],
  [4013, { name: "LIBBPF_NLPARSE", text: "malformed netlink message" }],
]);
