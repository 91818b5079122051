/** Addresses and ports that a process names to the kernel. */
import { ipv4, ipv6, lengthOf, mapped, unixName } from "./addresses.js";
import { definePacked, type PackedCase, type PackedGroup } from "./packed.js";
import { argFilter } from "./suite.js";

const unix = unixName("/run/some.sock\0");

const names = [
  ipv4("127.0.0.1", 80),
  ipv4("127.0.0.2", 443),
  ipv4("10.1.2.3", 1023),
  ipv4("10.1.3.3", 1024),
  ipv4("255.255.255.255", 65535),
  ipv6([0, 0, 0, 0, 0, 0, 0, 1], 80),
  ipv6([0x2001, 0xdb8, 0, 1, 0, 0, 0, 5], 8443),
  mapped("10.1.2.3", 22),
  unix,
];

const one = (
  name: string,
  operator: string,
  values: readonly (string | number)[],
  reports: readonly number[],
): PackedCase => ({ name, filters: argFilter(1, operator, ...values), reports });

const manyPorts = Array.from({ length: 30 }, (_, i) => `${1000 + 10 * i}:${1003 + 10 * i}`);
const manyNetworks = Array.from({ length: 60 }, (_, i) => `172.16.${i}.0/24`);

const addresses: PackedGroup = {
  name: "addresses that are connected to",
  count: names.length,
  call: (which, number) => {
    const name = names[which] ?? "";
    return ["connect", String(number), name, lengthOf(name)];
  },
  hook: "call: sys_connect\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: sockaddr}]",
  cases: [
    one("DAddr: one", "DAddr", ["127.0.0.1"], [0]),
    one("DAddr: a network", "DAddr", ["127.0.0.0/8"], [0, 1]),
    one("DAddr: to the bit", "DAddr", ["10.1.2.0/24"], [2, 7]),
    one("DAddr: one bit less", "DAddr", ["10.1.2.0/23"], [2, 3, 7]),
    one("DAddr: everything of IPv4", "DAddr", ["0.0.0.0/0"], [0, 1, 2, 3, 4, 7]),
    one("DAddr: IPv6", "DAddr", ["::1"], [5]),
    one("DAddr: a network of IPv6", "DAddr", ["2001:db8::/32"], [6]),
    one("DAddr: another network of IPv6", "DAddr", ["2001:db8:0:2::/64"], []),
    one("DAddr: both families", "DAddr", ["::1", "127.0.0.1"], [0, 5]),
    one("DAddr: everything of IPv6, IPv4 in it is IPv4", "DAddr", ["::/0"], [5, 6]),
    one("DAddr: among 60 networks", "DAddr", [...manyNetworks, "255.255.255.255"], [4]),
    one(
      "NotDAddr: also what has no address",
      "NotDAddr",
      ["127.0.0.0/8", "10.0.0.0/8"],
      [4, 5, 6, 8],
    ),
    one("SAddr: there is one address only", "SAddr", ["127.0.0.1"], [0]),
    one("DPort: one", "DPort", [80], [0, 5]),
    one("DPort: a range with both ends", "DPort", ["1023:1024"], [2, 3]),
    one("DPort: the last", "DPort", ["65535"], [4]),
    one("DPort: 30 ranges", "DPort", manyPorts, [2]),
    one("NotDPort", "NotDPort", [80, "1000:65535"], [1, 7, 8]),
    one("DPortPriv", "DPortPriv", [], [0, 1, 2, 5, 7, 8]),
    one("NotDPortPriv", "NotDPortPriv", [], [3, 4, 6]),
    one("Family: IPv4", "Family", ["AF_INET"], [0, 1, 2, 3, 4]),
    one("Family: several", "Family", ["AF_INET6", "AF_UNIX"], [5, 6, 7, 8]),
    {
      name: "address and port together",
      filters: `${argFilter(1, "DAddr", "127.0.0.0/8")}, ${argFilter(1, "DPort", "443")}`,
      reports: [1],
    },
  ],
};

definePacked([addresses]);
