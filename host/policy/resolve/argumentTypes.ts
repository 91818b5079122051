/** The types that arguments can have, and all that the language asks of each. */
import type { ArgumentType } from "../hookSpec.js";

/** Which operators and actions make sense for a type. */
export type ArgumentClass =
  | "integer"
  | "text"
  | "bytes"
  | "path"
  | "socket"
  | "address"
  | "capabilities"
  | "credentials"
  | "opaque";

export interface TypeFacts {
  readonly class: ArgumentClass;
  /** Of integers: bytes, and whether negative values exist. */
  readonly size?: 1 | 2 | 4 | 8;
  readonly signed?: boolean;
  /** What the value must be in C; struct and union names without the word. Empty: anything. */
  readonly c: readonly string[];
}

const integer = (size: 1 | 2 | 4 | 8, signed: boolean): TypeFacts => ({
  class: "integer",
  size,
  signed,
  c: ["integer"],
});
const of = (kind: ArgumentClass, ...c: string[]): TypeFacts => ({ class: kind, c });

export const argumentTypes: Readonly<Record<ArgumentType, TypeFacts>> = {
  s8: integer(1, true),
  u8: integer(1, false),
  s16: integer(2, true),
  u16: integer(2, false),
  s32: integer(4, true),
  u32: integer(4, false),
  s64: integer(8, true),
  u64: integer(8, false),
  size_t: integer(8, false),
  bool: integer(1, false),
  syscall64: integer(8, false),
  capability: integer(4, true),
  string: of("text", "char *", "char[]"),
  filename: of("text", "filename *"),
  char_buf: of("bytes", "pointer", "array"),
  char_iovec: of("bytes", "iovec *"),
  iov_iter: of("bytes", "iov_iter *"),
  fd: of("path", "integer"),
  file: of("path", "file *"),
  kiocb: of("path", "kiocb *"),
  path: of("path", "path *"),
  dentry: of("path", "dentry *"),
  linux_binprm: of("path", "linux_binprm *"),
  skb: of("socket", "sk_buff *"),
  sock: of("socket", "sock *", "sock_common *", "inet_sock *", "tcp_sock *", "udp_sock *"),
  socket: of("socket", "socket *"),
  sockaddr: of(
    "address",
    "sockaddr *",
    "sockaddr_in *",
    "sockaddr_in6 *",
    "sockaddr_un *",
    "sockaddr_storage *",
    "__kernel_sockaddr_storage *",
    "sockaddr_unsized *",
  ),
  cred: of("credentials", "cred *"),
  cap_permitted: of("capabilities", "cred *", "kernel_cap_t"),
  cap_effective: of("capabilities", "cred *", "kernel_cap_t"),
  cap_inheritable: of("capabilities", "cred *", "kernel_cap_t"),
  kernel_cap_t: of("capabilities", "kernel_cap_t"),
  user_namespace: of("opaque", "user_namespace *"),
  bpf_attr: of("opaque", "bpf_attr *"),
  bpf_prog: of("opaque", "bpf_prog *"),
  bpf_map: of("opaque", "bpf_map *"),
  perf_event: of("opaque", "perf_event *"),
  module: of("opaque", "module *"),
  load_info: of("opaque", "load_info *"),
  net_device: of("opaque", "net_device *"),
  nop: of("opaque"),
};

/** Other spellings of the language. */
const aliases: Readonly<Record<string, ArgumentType>> = {
  int: "s32",
  int8: "s8",
  int16: "s16",
  int32: "s32",
  int64: "s64",
  sint8: "s8",
  sint16: "s16",
  sint32: "s32",
  sint64: "s64",
  uint8: "u8",
  uint16: "u16",
  uint32: "u32",
  uint64: "u64",
  long: "s64",
  data_loc: "string",
  sockaddr_un: "sockaddr",
  bpf_cmd: "s32",
};

/** What a policy may write as `type`, besides `auto`. */
export const argumentTypeNames: readonly string[] = [
  ...Object.keys(aliases),
  ...Object.keys(argumentTypes),
];

/** Names of the language that guidestar has no use for, and why. */
export const unsupportedTypes: Readonly<Record<string, string>> = {
  const_buf: "use char_buf with sizeArgIndex; arrays in tracepoint records are read without a type",
};

export function canonicalType(name: string): ArgumentType | undefined {
  if (Object.hasOwn(argumentTypes, name)) return name as ArgumentType;
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

export function isInteger(type: ArgumentType): boolean {
  return argumentTypes[type].class === "integer";
}
