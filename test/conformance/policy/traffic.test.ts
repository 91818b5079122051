/** What sockets and packets are: addresses, ports, protocol, family, state. */
import { Btf } from "../../../bpf/libbpf/index.js";
import { ipv4, lengthOf, uint32 } from "./addresses.js";
import { Network } from "./network.js";
import { definePacked, type PackedCase, type PackedGroup } from "./packed.js";
import { calls } from "./run.js";
import { argFilter } from "./suite.js";

const network = new Network();
const socket = (which: number): string => network.sockets[which] ?? "";

const one = (
  name: string,
  operator: string,
  values: readonly (string | number)[],
  reports: readonly number[],
): PackedCase => ({ name, filters: argFilter(0, operator, ...values), reports });
const both = (
  name: string,
  filters: readonly string[],
  reports: readonly number[],
): PackedCase => ({
  name,
  filters: filters.join(", "),
  reports,
});

/*
 * 0, 1, 2: UDP over IPv4; 3: over IPv6; 4: over IPv4 by a socket of IPv6; 5: TCP; 6: UDP without an
 * address to send to; 7: a unix socket.
 */
const ofSockets: readonly PackedCase[] = [
  one("SAddr: one", "SAddr", ["127.0.0.1"], [0, 1, 4, 5]),
  one("SAddr: a network", "SAddr", ["127.1.0.0/16"], [2]),
  one("SAddr: one bit less", "SAddr", ["127.0.0.0/15"], [0, 1, 2, 4, 5]),
  one("SAddr: IPv6", "SAddr", ["::1"], [3]),
  one("SAddr: nobody's", "SAddr", ["127.0.0.2", "::2"], []),
  one("NotSAddr: also what has no address", "NotSAddr", ["127.0.0.0/8"], [3, 6, 7]),
  one("DAddr: one", "DAddr", ["127.1.2.3"], [1, 4]),
  one("DAddr: to the bit", "DAddr", ["127.1.2.0/24"], [1, 4]),
  one("DAddr: one bit less", "DAddr", ["127.1.2.0/23"], [1, 2, 4]),
  one("DAddr: everything of IPv4", "DAddr", ["0.0.0.0/0"], [0, 1, 2, 4, 5, 6]),
  one("DAddr: everything of IPv6, IPv4 in it is IPv4", "DAddr", ["::/0"], [3]),
  one("NotDAddr", "NotDAddr", ["127.0.0.0/8", "::1"], [6, 7]),
  one("SPort: one", "SPort", [1023], [0]),
  one("SPort: a range with both ends", "SPort", ["1023:1024"], [0, 1]),
  one("SPort: between them", "SPort", ["1025:4999", "5001:5999"], []),
  one("NotSPort", "NotSPort", ["1000:7000"], [7]),
  one("SPortPriv", "SPortPriv", [], [0, 5, 7]),
  one("NotSPortPriv", "NotSPortPriv", [], [1, 2, 3, 4, 6]),
  one("DPort: one", "DPort", [53], [0, 3]),
  one("DPort: a range with both ends", "DPort", ["1023:1025"], [1, 4]),
  one("DPort: the last", "DPort", [65_535], [2]),
  one("NotDPort", "NotDPort", [53, 1023], [2, 4, 5, 6, 7]),
  one("DPortPriv", "DPortPriv", [], [0, 1, 3, 6, 7]),
  one("NotDPortPriv", "NotDPortPriv", [], [2, 4, 5]),
  one("Protocol: TCP", "Protocol", ["IPPROTO_TCP"], [5]),
  one("Protocol: UDP", "Protocol", ["udp"], [0, 1, 2, 3, 4, 6]),
  one("Protocol: another", "Protocol", ["IPPROTO_SCTP"], []),
  one("NotProtocol", "NotProtocol", ["IPPROTO_UDP"], [5, 7]),
  one("Family: IPv4", "Family", ["AF_INET"], [0, 1, 2, 5, 6]),
  one("Family: several", "Family", ["AF_INET6", "AF_UNIX"], [3, 4, 7]),
  one("NotFamily", "NotFamily", ["AF_INET", "AF_UNIX"], [3, 4]),
  one("State: connected", "State", ["TCP_ESTABLISHED"], [0, 1, 2, 3, 4, 5, 7]),
  one("State: not connected", "State", ["TCP_CLOSE"], [6]),
  one("State: another", "State", ["TCP_LISTEN", "TCP_SYN_SENT"], []),
  one("NotState", "NotState", ["TCP_ESTABLISHED"], [6]),
  both(
    "address and port together",
    [argFilter(0, "DAddr", "127.1.2.3"), argFilter(0, "DPort", 1023)],
    [1],
  ),
  both(
    "five filters",
    [
      argFilter(0, "SAddr", "127.0.0.1"),
      argFilter(0, "NotDPort", "1023"),
      argFilter(0, "Protocol", "IPPROTO_UDP"),
      argFilter(0, "NotState", "TCP_CLOSE"),
    ],
    [0, 4],
  ),
];

const somewhere = ipv4("127.0.0.2", 53);
const has = (name: string): boolean => Btf.kernel().find(`btf_trace_${name}`) !== undefined;
/** The number of a call is how many bytes it sends. */
const sends: Pick<PackedGroup, "count" | "call"> = {
  count: 8,
  call: (which, number) => sending(which, socket(which), `@${number}`, which === 6),
};

function sending(which: number, from: string, data: string, isAddressed: boolean): string[] {
  const length = data.startsWith("@") ? data.slice(1) : lengthOf(data);
  const to = isAddressed ? [somewhere, lengthOf(somewhere)] : ["0", "0"];
  const send = ["sendto", from, data, length, "0", ...to];
  return which === 5 ? [...send, ",", "read", network.streamEnd, "@-4096", "4096"] : send;
}

const throughTracepoint: PackedGroup = {
  ...sends,
  name: "a sock",
  kind: "tracepoints",
  hook: "subsystem: sock\nevent: sock_send_length\nraw: true\nargs: [{index: 0, type: sock}, {index: 1, type: int}]",
  numbered: 1,
  cases: ofSockets,
};
/** Where functions can be hooked: kernels without that tracepoint are the guest's. */
const throughFunction: readonly PackedGroup[] = ["{type: socket}", "{type: sock, resolve: sk}"].map(
  (arg): PackedGroup => ({
    ...sends,
    name: `the argument of a function, ${arg}`,
    hook: `call: security_socket_sendmsg\nsyscall: false\nargs: [${arg.replace("{", "{index: 0, ")}, {index: 2, type: int}]`,
    numbered: 1,
    cases: arg.includes("resolve") ? ofSockets.slice(-8) : ofSockets,
  }),
);

/*
 * 0, 1, 2: UDP over IPv4; 3: over IPv6; 4: over IPv4 by a socket of IPv6; 5: TCP; 6: ICMP, without
 * ports.
 */
const ofPackets: readonly PackedCase[] = [
  one("SAddr: one", "SAddr", ["127.0.0.1"], [0, 1, 4, 5, 6]),
  one("SAddr: to the bit", "SAddr", ["127.1.3.2/31"], [2]),
  one("SAddr: IPv6", "SAddr", ["::/127"], [3]),
  one("NotSAddr", "NotSAddr", ["127.0.0.0/16"], [2, 3]),
  one("DAddr: a network", "DAddr", ["127.1.0.0/16"], [1, 2, 4]),
  one("DAddr: nobody's", "DAddr", ["10.0.0.0/8", "fe80::/10"], []),
  one("NotDAddr", "NotDAddr", ["127.0.0.0/15", "::1"], []),
  one("SPort: a range with both ends", "SPort", ["1023:1024"], [0, 1]),
  one("NotSPort: also what has no port", "NotSPort", ["1000:6000"], [4, 6]),
  one("SPortPriv", "SPortPriv", [], [0, 5, 6]),
  one("DPort: one", "DPort", [53], [0, 3]),
  one("DPort: the last", "DPort", [65_535], [2]),
  one("DPort: the next", "DPort", [65_534], []),
  one("NotDPortPriv", "NotDPortPriv", [], [2, 4, 5]),
  one("Protocol: ICMP", "Protocol", ["IPPROTO_ICMP"], [6]),
  one("Protocol: several", "Protocol", ["IPPROTO_TCP", "IPPROTO_UDP"], [0, 1, 2, 3, 4, 5]),
  one("NotProtocol", "NotProtocol", ["IPPROTO_UDP"], [5, 6]),
  one("Family: IPv6", "Family", ["AF_INET6"], [3]),
  one("Family: another", "Family", ["AF_UNIX"], []),
  one("NotFamily", "NotFamily", ["AF_INET6"], [0, 1, 2, 4, 5, 6]),
  both(
    "address, port and protocol together",
    [
      argFilter(0, "DAddr", "127.1.2.3"),
      argFilter(0, "DPort", "1025"),
      argFilter(0, "Protocol", "IPPROTO_UDP"),
    ],
    [4],
  ),
];

/** The number of a call is the packet's mark. An answer to an echo that nobody sent is answered by nobody. */
const packets: PackedGroup = {
  name: "a packet",
  kind: "tracepoints",
  hook: "subsystem: net\nevent: net_dev_queue\nraw: true\nargs: [{index: 0, type: skb}, {index: 0, type: uint32, resolve: mark}]",
  numbered: 1,
  count: 7,
  call: (which, number) => {
    const isRaw = which === 6;
    const mark = ["setsockopt", socket(isRaw ? 8 : which), "1", "36", uint32(number), "4"];
    const data = isRaw ? "#0000ffff00000000" : "@8";
    return [...mark, ",", ...sending(which, socket(isRaw ? 8 : which), data, isRaw)];
  },
  cases: ofPackets,
};

const setUp = network.setUp.flatMap((words) => [...words, ","]);
definePacked(
  [...(has("sock_send_length") ? [throughTracepoint] : throughFunction), packets],
  (words) => [calls, ...setUp, ...words()],
);
