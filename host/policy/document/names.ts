/** Names that stand for numbers in filters; the numbers are those of Linux. */

const protocols: Readonly<Record<string, number>> = {
  IP: 0,
  ICMP: 1,
  IGMP: 2,
  IPIP: 4,
  TCP: 6,
  EGP: 8,
  PUP: 12,
  UDP: 17,
  IDP: 22,
  TP: 29,
  DCCP: 33,
  IPV6: 41,
  RSVP: 46,
  GRE: 47,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  MTP: 92,
  BEETPH: 94,
  ENCAP: 98,
  PIM: 103,
  COMP: 108,
  L2TP: 115,
  SCTP: 132,
  UDPLITE: 136,
  MPLS: 137,
  ETHERNET: 143,
  RAW: 255,
  MPTCP: 262,
};

const families =
  "UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECNET NETBEUI SECURITY KEY NETLINK PACKET ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC IB MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC VSOCK KCM QIPCRTR SMC XDP MCTP";
const states =
  "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV";

const numbered = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(" ").map((name, index) => [name, first + index]));

/** S_IFMT of the mode. */
const fileTypes: Readonly<Record<string, number>> = {
  fifo: 0o010000,
  pipe: 0o010000,
  chr: 0o020000,
  char: 0o020000,
  dir: 0o040000,
  directory: 0o040000,
  blk: 0o060000,
  block: 0o060000,
  reg: 0o100000,
  regular: 0o100000,
  file: 0o100000,
  lnk: 0o120000,
  link: 0o120000,
  symlink: 0o120000,
  sock: 0o140000,
  socket: 0o140000,
};

export interface NameTable {
  /** What one of them is called: "a protocol". */
  readonly what: string;
  /** Before each name; may be left out. */
  readonly prefix: string;
  readonly numbers: Readonly<Record<string, number>>;
  /** Largest number that is taken without a name; absent: names only. */
  readonly largest?: number;
}

export const nameTables = {
  protocol: { what: "a protocol", prefix: "IPPROTO_", numbers: protocols, largest: 65_535 },
  family: {
    what: "an address family",
    prefix: "AF_",
    numbers: { ...numbered(families, 0), LOCAL: 1, ROUTE: 16 },
    largest: 65_535,
  },
  state: { what: "a TCP state", prefix: "TCP_", numbers: numbered(states, 1), largest: 255 },
  fileType: { what: "a type of file", prefix: "S_IF", numbers: fileTypes },
} as const satisfies Readonly<Record<string, NameTable>>;

/** Namespaces of filters: index as in `namespaceNames` of `host/events/model.ts`. */
export const namespaceIndexes: Readonly<Record<string, number>> = {
  Uts: 0,
  Ipc: 1,
  Mnt: 2,
  Pid: 3,
  PidForChildren: 4,
  Net: 5,
  Time: 6,
  TimeForChildren: 7,
  Cgroup: 8,
  User: 9,
};

/** By number. */
export const capabilityNames: readonly string[] =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
    .split(" ")
    .map((name) => `CAP_${name}`);
