/** The part of an argument record that belongs to its kind: fields of the kernel's record at the ABI's places. */
import * as abi from "../../../plugins/sdk/abi.js";
import type { ArgumentCursor } from "../../events/hook/argumentCursor.js";
import { ArgumentKind } from "../../events/hook/constants.js";
import type { HookFields } from "../../events/hook/hookFields.js";

/** Bytes of a record by kind, where that is more than the fixed part. */
export const structBytes: Readonly<Record<number, number>> = {
  [ArgumentKind.PATH]: abi.PATH_BYTES,
  [ArgumentKind.SOCK]: abi.SOCK_BYTES,
  [ArgumentKind.SKB]: abi.SOCK_BYTES,
  [ArgumentKind.SOCKADDR]: abi.SOCK_BYTES,
  [ArgumentKind.CRED]: abi.CRED_BYTES,
  [ArgumentKind.USER_NS]: abi.USER_NS_BYTES,
  [ArgumentKind.BPF_ATTR]: abi.BPF_BYTES,
  [ArgumentKind.BPF_PROG]: abi.BPF_BYTES,
  [ArgumentKind.BPF_MAP]: abi.BPF_BYTES,
  [ArgumentKind.PERF_EVENT]: abi.PERF_BYTES,
  [ArgumentKind.MODULE]: abi.MODULE_BYTES,
};

/** `bytes`: 2, or 4 and its multiples. */
interface Move {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

type Moves = readonly (readonly Move[] | undefined)[];

/** There are as many as there are sources, which is one. */
const movesOf = new WeakMap<HookFields, Moves>();
let lastFields: HookFields | undefined;
let lastMoves: Moves = [];

/** Writes the fields of the argument's struct into the record at `word`. */
export function writeStruct(cursor: ArgumentCursor, words: Uint32Array, word: number): void {
  const { fields } = cursor.data;
  const moves = movesFor(fields)[cursor.kind];
  if (moves === undefined) return;
  for (const { from, to, bytes } of moves) {
    if (bytes === 2) words[word + (to >>> 2)] = cursor.u16(from);
    else for (let n = 0; n < bytes; n += 4) words[word + ((to + n) >>> 2)] = cursor.u32(from + n);
  }
}

function movesFor(fields: HookFields): Moves {
  if (fields === lastFields) return lastMoves;
  lastFields = fields;
  lastMoves = movesOf.get(fields) ?? allMoves(fields);
  movesOf.set(fields, lastMoves);
  return lastMoves;
}

function allMoves(of: HookFields): Moves {
  const move = (from: number, to: number, bytes = 4): Move => ({ from, to, bytes });
  const { path, sock, skb, sockaddr, cred, userNs, bpf, perfEvent, module } = of;
  const endpoints = (from: HookFields["sock"] | HookFields["skb"]) => [
    move(from.family, abi.SOCK_FAMILY, 2),
    move(from.protocol, abi.SOCK_PROTOCOL, 2),
    move(from.source_port, abi.SOCK_SOURCE_PORT, 2),
    move(from.destination_port, abi.SOCK_DESTINATION_PORT, 2),
    move(from.mark, abi.SOCK_MARK),
    move(from.priority, abi.SOCK_PRIORITY),
    move(from.source, abi.SOCK_SOURCE, 16),
    move(from.destination, abi.SOCK_DESTINATION, 16),
  ];
  const object = [
    move(bpf.type, abi.BPF_TYPE),
    move(bpf.instructions, abi.BPF_INSTRUCTIONS),
    move(bpf.key_size, abi.BPF_KEY_SIZE),
    move(bpf.value_size, abi.BPF_VALUE_SIZE),
    move(bpf.max_entries, abi.BPF_MAX_ENTRIES),
  ];
  const moves: (readonly Move[] | undefined)[] = [];
  moves[ArgumentKind.PATH] = [move(path.flags, abi.PATH_FLAGS), move(path.mode, abi.PATH_MODE)];
  moves[ArgumentKind.SOCK] = [
    ...endpoints(sock),
    move(sock.type, abi.SOCK_TYPE, 2),
    move(sock.state, abi.SOCK_STATE, 2),
  ];
  moves[ArgumentKind.SKB] = [
    ...endpoints(skb),
    move(skb.hash, abi.SOCK_TYPE),
    move(skb.sec_path_length, abi.SOCK_STATE),
    move(skb.sec_path_olen, abi.SKB_SEC_PATH_OLEN),
  ];
  moves[ArgumentKind.SOCKADDR] = [
    move(sockaddr.family, abi.SOCK_FAMILY, 2),
    move(sockaddr.port, abi.SOCK_DESTINATION_PORT, 2),
    move(sockaddr.address, abi.SOCK_DESTINATION, 16),
  ];
  moves[ArgumentKind.CRED] = [
    move(cred.cap_permitted, abi.CRED_PERMITTED, 8),
    move(cred.cap_effective, abi.CRED_EFFECTIVE, 8),
    move(cred.cap_inheritable, abi.CRED_INHERITABLE, 8),
    move(cred.uid, abi.CRED_UID),
    move(cred.gid, abi.CRED_GID),
    move(cred.euid, abi.CRED_EUID),
    move(cred.egid, abi.CRED_EGID),
    move(cred.suid, abi.CRED_SUID),
    move(cred.sgid, abi.CRED_SGID),
    move(cred.fsuid, abi.CRED_FSUID),
    move(cred.fsgid, abi.CRED_FSGID),
    move(cred.user_ns, abi.CRED_USER_NS),
    move(cred.secure_bits, abi.CRED_SECURE_BITS),
  ];
  moves[ArgumentKind.USER_NS] = [
    move(userNs.level, abi.USER_NS_LEVEL),
    move(userNs.uid, abi.USER_NS_UID),
    move(userNs.gid, abi.USER_NS_GID),
    move(userNs.ns, abi.USER_NS_INODE),
  ];
  moves[ArgumentKind.BPF_ATTR] = object;
  moves[ArgumentKind.BPF_PROG] = object;
  moves[ArgumentKind.BPF_MAP] = object;
  moves[ArgumentKind.PERF_EVENT] = [
    move(perfEvent.type, abi.PERF_TYPE),
    move(perfEvent.config, abi.PERF_CONFIG, 8),
    move(perfEvent.probe_offset, abi.PERF_PROBE_OFFSET, 8),
  ];
  moves[ArgumentKind.MODULE] = [
    move(module.signature_ok, abi.MODULE_SIGNATURE_OK),
    move(module.taints, abi.MODULE_TAINTS, 8),
  ];
  return moves;
}
