/**
 * IP addresses and networks in CEL, named as Kubernetes names them. Both are plain text here, since
 * events hold them as text: `cidr("10.0.0.0/8").containsIP(process_kprobe.args[0].sock_arg.daddr)`.
 */
import { BlockList, isIP } from "node:net";
import type * as Cel from "@bufbuild/cel";

export const addressMethods = [
  "containsIP",
  "containsCIDR",
  "prefixLength",
  "family",
  "isLoopback",
  "isUnspecified",
  "isLinkLocal",
] as const;

/** An error of a function makes the expression's value an error: the event does not match. */
export function addressFunctions(cel: typeof Cel): Cel.CelFunc[] {
  const { celFunc, celMethod, CelScalar } = cel;
  const { STRING, BOOL, INT } = CelScalar;
  const isOne = (name: (typeof addressMethods)[number], network: (family: 4 | 6) => Network) =>
    celMethod(name, STRING, [], BOOL, function () {
      return contains(network(familyOf(this)), this);
    });
  return [
    celFunc("ip", [STRING], STRING, (text) => checked(text, familyOf)),
    celFunc("isIP", [STRING], BOOL, (text) => isIP(text) !== 0),
    celFunc("cidr", [STRING], STRING, (text) => checked(text, parseNetwork)),
    celFunc("isCIDR", [STRING], BOOL, (text) => networkOf(text) !== undefined),
    celMethod("containsIP", STRING, [STRING], BOOL, function (address) {
      return contains(parseNetwork(this), address);
    }),
    celMethod("containsCIDR", STRING, [STRING], BOOL, function (text) {
      const inner = parseNetwork(text);
      const outer = parseNetwork(this);
      return inner.prefix >= outer.prefix && contains(outer, inner.address);
    }),
    celMethod("prefixLength", STRING, [], INT, function () {
      return BigInt(parseNetwork(this).prefix);
    }),
    celMethod("family", STRING, [], INT, function () {
      return BigInt(familyOf(this));
    }),
    isOne("isLoopback", (family) => parseNetwork(family === 4 ? "127.0.0.0/8" : "::1/128")),
    isOne("isUnspecified", (family) => parseNetwork(family === 4 ? "0.0.0.0/32" : "::/128")),
    isOne("isLinkLocal", (family) => parseNetwork(family === 4 ? "169.254.0.0/16" : "fe80::/10")),
  ];
}

/** Addresses and networks stay texts. */
function checked(text: string, check: (text: string) => unknown): string {
  check(text);
  return text;
}

/** Networks that are wrong whatever the event, with the reason. */
export function networkProblem(text: string): string | undefined {
  return networkOf(text) === undefined ? `"${text}" is no network, such as 10.0.0.0/8` : undefined;
}

/** The same for addresses. */
export function addressProblem(text: string): string | undefined {
  return isIP(text) === 0 ? `"${text}" is no IP address` : undefined;
}

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: number;
  readonly members: BlockList;
}

/** Networks stand in the expression, so there are few; texts of events may be any number. */
const known = new Map<string, Network>();

function networkOf(text: string): Network | undefined {
  const present = known.get(text);
  if (present) return present;
  const [, address = "", digits = ""] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(address);
  const prefix = Number(digits);
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return undefined;
  const members = new BlockList();
  members.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  const network = { address, prefix, family, members };
  if (known.size >= 1000) known.clear();
  known.set(text, network);
  return network;
}

function parseNetwork(text: string): Network {
  const network = networkOf(text);
  if (network) return network;
  throw new Error(networkProblem(text));
}

function familyOf(text: string): 4 | 6 {
  const family = isIP(text);
  if (family === 0) throw new Error(addressProblem(text));
  return family === 4 ? 4 : 6;
}

/** An address of the other family is in no network of this one. */
function contains({ members, family }: Network, address: string): boolean {
  return familyOf(address) === family && members.check(address, family === 4 ? "ipv4" : "ipv6");
}
