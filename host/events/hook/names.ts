/** Names of the kernel's numbers, as events show them; a number that has none is shown as such. */
const list = (prefix: string, names: string): readonly string[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => prefix + name);

const families: Readonly<Record<number, string>> = {
  0: "AF_UNSPEC",
  1: "AF_UNIX",
  2: "AF_INET",
  3: "AF_AX25",
  7: "AF_BRIDGE",
  10: "AF_INET6",
  15: "AF_KEY",
  16: "AF_NETLINK",
  17: "AF_PACKET",
  21: "AF_RDS",
  29: "AF_CAN",
  30: "AF_TIPC",
  31: "AF_BLUETOOTH",
  38: "AF_ALG",
  40: "AF_VSOCK",
  41: "AF_KCM",
  42: "AF_QIPCRTR",
  43: "AF_SMC",
  44: "AF_XDP",
};

const socketTypes: Readonly<Record<number, string>> = {
  1: "SOCK_STREAM",
  2: "SOCK_DGRAM",
  3: "SOCK_RAW",
  4: "SOCK_RDM",
  5: "SOCK_SEQPACKET",
  6: "SOCK_DCCP",
  10: "SOCK_PACKET",
};

const protocols: Readonly<Record<number, string>> = {
  0: "IPPROTO_IP",
  1: "IPPROTO_ICMP",
  2: "IPPROTO_IGMP",
  4: "IPPROTO_IPIP",
  6: "IPPROTO_TCP",
  8: "IPPROTO_EGP",
  12: "IPPROTO_PUP",
  17: "IPPROTO_UDP",
  22: "IPPROTO_IDP",
  29: "IPPROTO_TP",
  33: "IPPROTO_DCCP",
  41: "IPPROTO_IPV6",
  46: "IPPROTO_RSVP",
  47: "IPPROTO_GRE",
  50: "IPPROTO_ESP",
  51: "IPPROTO_AH",
  58: "IPPROTO_ICMPV6",
  92: "IPPROTO_MTP",
  94: "IPPROTO_BEETPH",
  98: "IPPROTO_ENCAP",
  103: "IPPROTO_PIM",
  108: "IPPROTO_COMP",
  132: "IPPROTO_SCTP",
  136: "IPPROTO_UDPLITE",
  137: "IPPROTO_MPLS",
  255: "IPPROTO_RAW",
  262: "IPPROTO_MPTCP",
};

const tcpStates = list(
  "TCP_",
  `UNKNOWN ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK
  LISTEN CLOSING NEW_SYN_RECV BOUND_INACTIVE`,
);

const programTypes = list(
  "BPF_PROG_TYPE_",
  `UNSPEC SOCKET_FILTER KPROBE SCHED_CLS SCHED_ACT TRACEPOINT XDP PERF_EVENT CGROUP_SKB CGROUP_SOCK
  LWT_IN LWT_OUT LWT_XMIT SOCK_OPS SK_SKB CGROUP_DEVICE SK_MSG RAW_TRACEPOINT CGROUP_SOCK_ADDR
  LWT_SEG6LOCAL LIRC_MODE2 SK_REUSEPORT FLOW_DISSECTOR CGROUP_SYSCTL RAW_TRACEPOINT_WRITABLE
  CGROUP_SOCKOPT TRACING STRUCT_OPS EXT LSM SK_LOOKUP SYSCALL NETFILTER`,
);

const mapTypes = list(
  "BPF_MAP_TYPE_",
  `UNSPEC HASH ARRAY PROG_ARRAY PERF_EVENT_ARRAY PERCPU_HASH PERCPU_ARRAY STACK_TRACE CGROUP_ARRAY
  LRU_HASH LRU_PERCPU_HASH LPM_TRIE ARRAY_OF_MAPS HASH_OF_MAPS DEVMAP SOCKMAP CPUMAP XSKMAP SOCKHASH
  CGROUP_STORAGE REUSEPORT_SOCKARRAY PERCPU_CGROUP_STORAGE QUEUE STACK SK_STORAGE DEVMAP_HASH
  STRUCT_OPS RINGBUF INODE_STORAGE TASK_STORAGE BLOOM_FILTER USER_RINGBUF CGRP_STORAGE ARENA`,
);

const perfTypes = list("PERF_TYPE_", "HARDWARE SOFTWARE TRACEPOINT HW_CACHE RAW BREAKPOINT");

const capabilities = list(
  "CAP_",
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
  SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE`,
);

const nameIn = (names: Readonly<Record<number, string>>) => (number: number) =>
  names[number] ?? String(number);

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const familyName = nameIn(families);
export const socketTypeName = nameIn(socketTypes);
export const protocolName = nameIn(protocols);
export const tcpStateName = nameIn(tcpStates);
export const programTypeName = nameIn(programTypes);
export const mapTypeName = nameIn(mapTypes);
export const perfTypeName = nameIn(perfTypes);

/** The number behind a name, or a number written as one; undefined: there is no such name. */
const numberIn = (names: Readonly<Record<number, string>>) => {
  const numbers = new Map(Object.entries(names).map(([number, name]) => [name, Number(number)]));
  return (name: string) => numbers.get(name) ?? (/^\d+$/.test(name) ? Number(name) : undefined);
};

export const familyNumber = numberIn(families);
export const socketTypeNumber = numberIn(socketTypes);
export const protocolNumber = numberIn(protocols);
export const tcpStateNumber = numberIn(tcpStates);
export const programTypeNumber = numberIn(programTypes);
export const mapTypeNumber = numberIn(mapTypes);
export const perfTypeNumber = numberIn(perfTypes);

/** "" for one that has no name yet. */
export function capabilityName(number: number): string {
  return capabilities[number] ?? "";
}

const fileTypes: Readonly<Record<number, string>> = {
  1: "p",
  2: "c",
  4: "d",
  6: "b",
  8: "-",
  10: "l",
  12: "s",
};

/** `st_mode` as `ls -l` shows it; "" for 0, which is not known. */
export function permissionText(mode: number): string {
  if (mode === 0) return "";
  const bit = (mask: number, letter: string) => ((mode & mask) !== 0 ? letter : "-");
  const execute = (mask: number, special: number, letter: string) => {
    const may = (mode & mask) !== 0;
    if ((mode & special) === 0) return may ? "x" : "-";
    return may ? letter : letter.toUpperCase();
  };
  const type = fileTypes[(mode >>> 12) & 15] ?? "?";
  const owner = bit(0o400, "r") + bit(0o200, "w") + execute(0o100, 0o4000, "s");
  const group = bit(0o40, "r") + bit(0o20, "w") + execute(0o10, 0o2000, "s");
  return type + owner + group + bit(4, "r") + bit(2, "w") + execute(1, 0o1000, "t");
}
