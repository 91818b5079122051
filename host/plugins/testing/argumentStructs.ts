/** Arguments that are structs in the record, from what events show of them: the way back of `structEncoder.ts`. */
import { isIPv4, isIPv6 } from "node:net";
import type { fgs, guidestar } from "../../../proto/generated/api.js";
import { PathFlag } from "../../events/hook/constants.js";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  familyNumber,
  mapTypeNumber,
  perfTypeNumber,
  programTypeNumber,
  protocolNumber,
  socketTypeNumber,
  tcpStateNumber,
} from "../../events/hook/names.js";
import type { Payload, Value } from "./recordWriter.js";

/** Fails with a sentence that names what was given. */
export type Refuse = (message: string) => never;

type Whole = number | { toString(): string } | null | undefined;

/** A 64-bit number, as messages have it. */
export function big(value: Whole): bigint {
  return BigInt(String(value ?? 0));
}

export function pathPayload(
  path: fgs.KprobeFile.$Properties | fgs.KprobePath.$Properties,
): Payload {
  const shown = path.flags ?? "";
  let flags = "followed" in path && path.followed ? PathFlag.FOLLOWED : 0;
  if (shown.includes("unresolvedMountPoints")) flags |= PathFlag.UNRESOLVED_MOUNTS;
  if (shown.includes("unresolvedPathComponents")) flags |= PathFlag.UNRESOLVED_COMPONENTS;
  const values = { flags, mode: path.mode ?? 0 };
  return { kind: "PATH", struct: "gs_path", values, tail: Buffer.from(path.path ?? "") };
}

export function sockPayload(sock: fgs.KprobeSock.$Properties, refuse: Refuse): Payload {
  const addresses = endpoints(sock.saddr, sock.daddr, sock.family, refuse);
  const values = {
    ...addresses,
    type: number(sock.type, socketTypeNumber, "type", refuse),
    protocol: number(sock.protocol, protocolNumber, "protocol", refuse),
    state: number(sock.state, tcpStateNumber, "state", refuse),
    mark: sock.mark ?? 0,
    priority: sock.priority ?? 0,
    source_port: sock.sport ?? 0,
    destination_port: sock.dport ?? 0,
    cookie: big(sock.cookie),
  };
  return { kind: "SOCK", struct: "gs_sock", values };
}

export function skbPayload(skb: fgs.KprobeSkb.$Properties, refuse: Refuse): Payload {
  const values = {
    ...endpoints(skb.saddr, skb.daddr, skb.family, refuse),
    hash: skb.hash ?? 0,
    length: skb.len ?? 0,
    priority: skb.priority ?? 0,
    mark: skb.mark ?? 0,
    protocol: skb.proto || number(skb.protocol, protocolNumber, "protocol", refuse),
    source_port: skb.sport ?? 0,
    destination_port: skb.dport ?? 0,
    sec_path_length: skb.sec_path_len ?? 0,
    sec_path_olen: skb.sec_path_olen ?? 0,
  };
  return { kind: "SKB", struct: "gs_skb", values };
}

export function sockaddrPayload(of: guidestar.SocketAddress.$Properties, refuse: Refuse): Payload {
  const text = of.address ?? "";
  const family = number(of.family, familyNumber, "family", refuse) || familyOf(text);
  const values = { family, port: of.port ?? 0 };
  const about = { kind: "SOCKADDR", struct: "gs_sockaddr" } as const;
  if (family === AF_UNIX) {
    const name = text.startsWith("@") ? `\0${text.slice(1)}` : text;
    return { ...about, values, tail: Buffer.from(name) };
  }
  return { ...about, values: { ...values, address: addressBytes(text, refuse) } };
}

export function credPayload(cred: fgs.KprobeCred.$Properties): Payload {
  const { uid, gid, euid, egid, suid, sgid, fsuid, fsgid, user_ns, secure_bits } = cred;
  const ids = { uid, gid, euid, egid, suid, sgid, fsuid, fsgid, user_ns, secure_bits };
  const values = Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, id ?? 0]));
  const sets = {
    cap_permitted: bits(cred.permitted),
    cap_effective: bits(cred.effective),
    cap_inheritable: bits(cred.inheritable),
  };
  return { kind: "CRED", struct: "gs_cred", values: { ...values, ...sets } };
}

export function userNsPayload(ns: guidestar.UserNamespace.$Properties): Payload {
  const { level, uid, gid, inum } = ns;
  const values = { level: level ?? 0, uid: uid ?? 0, gid: gid ?? 0, ns: inum ?? 0 };
  return { kind: "USER_NS", struct: "gs_user_ns", values };
}

export function programPayload(
  kind: "BPF_ATTR" | "BPF_PROG",
  of: guidestar.BpfProgram.$Properties,
  refuse: Refuse,
): Payload {
  const type = number(of.type, programTypeNumber, "type", refuse);
  const values = { type, instructions: of.instructions ?? 0, name: Buffer.from(of.name ?? "") };
  return { kind, struct: "gs_bpf_object", values };
}

export function mapPayload(of: guidestar.BpfMap.$Properties, refuse: Refuse): Payload {
  const values = {
    type: number(of.type, mapTypeNumber, "type", refuse),
    key_size: of.key_size ?? 0,
    value_size: of.value_size ?? 0,
    max_entries: of.max_entries ?? 0,
    name: Buffer.from(of.name ?? ""),
  };
  return { kind: "BPF_MAP", struct: "gs_bpf_object", values };
}

export function perfPayload(of: guidestar.PerfEvent.$Properties, refuse: Refuse): Payload {
  const values = {
    type: number(of.type, perfTypeNumber, "type", refuse),
    config: big(of.config),
    probe_offset: big(of.probe_offset),
    name: Buffer.from(of.name ?? ""),
  };
  return { kind: "PERF_EVENT", struct: "gs_perf_event", values };
}

export function modulePayload(of: guidestar.KernelModule.$Properties): Payload {
  const values = {
    taints: big(of.taints),
    signature_ok: of.signature_ok ? 1 : 0,
    name: Buffer.from(of.name ?? ""),
  };
  return { kind: "MODULE", struct: "gs_module", values };
}

/** A bit for each number of a list of capabilities. */
export function bits(numbers: readonly number[] | null | undefined): bigint {
  return (numbers ?? []).reduce((all, bit) => all | (1n << BigInt(bit)), 0n);
}

function endpoints(
  source: string | null | undefined,
  destination: string | null | undefined,
  family: string | null | undefined,
  refuse: Refuse,
): Record<string, Value> {
  const named = number(family, familyNumber, "family", refuse);
  return {
    family: named || familyOf(destination || source || ""),
    source: addressBytes(source ?? "", refuse),
    destination: addressBytes(destination ?? "", refuse),
  };
}

function familyOf(address: string): number {
  if (isIPv4(address)) return AF_INET;
  return isIPv6(address) ? AF_INET6 : 0;
}

/** "": no address, all zeros. */
function addressBytes(address: string, refuse: Refuse): Uint8Array {
  if (address === "") return new Uint8Array(0);
  if (isIPv4(address)) return Uint8Array.from(address.split("."), Number);
  if (!isIPv6(address)) return refuse(`"${address}" is no IP address`);
  // Four bytes in dots at the end are two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)]
      .map((n) => n.toString(16))
      .join(":"),
  );
  const [head = "", rest] = text.replace(/%.*$/, "").split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((g) => parseInt(g, 16)));
  const [first, last] = [groups(head), groups(rest ?? "")];
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function number(
  name: string | null | undefined,
  numberOf: (name: string) => number | undefined,
  what: string,
  refuse: Refuse,
): number {
  if (!name) return 0;
  return numberOf(name) ?? refuse(`"${name}" is no ${what} that is known`);
}
