import {
  ARG_DESCRIPTION,
  ARG_ERROR,
  ARG_FLAG_CUT,
  ARG_FLAG_VALUE,
  ARG_FLAGS,
  ARG_KIND,
  ARG_KIND_BPF_ATTR,
  ARG_KIND_BPF_MAP,
  ARG_KIND_BPF_PROG,
  ARG_KIND_BYTES,
  ARG_KIND_CRED,
  ARG_KIND_INT,
  ARG_KIND_MODULE,
  ARG_KIND_PATH,
  ARG_KIND_PERF_EVENT,
  ARG_KIND_SKB,
  ARG_KIND_SOCK,
  ARG_KIND_SOCKADDR,
  ARG_KIND_STRING,
  ARG_KIND_USER_NS,
  ARG_TEXT,
  ARG_VALUE,
  DESCRIPTION_INDEX,
  DESCRIPTION_LABEL,
  DESCRIPTION_TYPE,
  PATH_FLAG_FOLLOWED,
  PATH_FLAGS,
  PATH_MODE,
} from "./abi";
import { Bytes } from "./bytes";
import { BpfObject, Credentials, KernelModule, PerfEvent, UserNamespace } from "./kernelObjects";
import { follow } from "./reference";
import { Socket } from "./socket";
import { makeText, Text } from "./text";

/** The form of an argument, whatever its type is called. */
export enum ArgumentKind {
  Int = ARG_KIND_INT,
  String = ARG_KIND_STRING,
  Bytes = ARG_KIND_BYTES,
  Path = ARG_KIND_PATH,
  Sock = ARG_KIND_SOCK,
  Skb = ARG_KIND_SKB,
  Sockaddr = ARG_KIND_SOCKADDR,
  Cred = ARG_KIND_CRED,
  UserNamespace = ARG_KIND_USER_NS,
  BpfAttr = ARG_KIND_BPF_ATTR,
  BpfProgram = ARG_KIND_BPF_PROG,
  BpfMap = ARG_KIND_BPF_MAP,
  PerfEvent = ARG_KIND_PERF_EVENT,
  Module = ARG_KIND_MODULE,
}

/**
 * An argument of a call, or what it returned. Asking it for what it is not (`arg.sock` of a path) gives
 * zeros and empty texts, as one that could not be read does: `hasValue` tells. Only good until
 * `onEvent` returns.
 */
@unmanaged
export class Argument {
  get kind(): ArgumentKind {
    return load<i32>(changetype<usize>(this), ARG_KIND);
  }

  /** Its type as the policy has it, such as `file` or `u32`. */
  get type(): Text {
    return this.description(DESCRIPTION_TYPE);
  }

  /** What the policy calls it; empty: nothing. */
  get label(): Text {
    return this.description(DESCRIPTION_LABEL);
  }

  /** Index of the function's argument or the tracepoint's field. */
  get index(): u32 {
    const at = follow(changetype<usize>(this) + ARG_DESCRIPTION);
    return at ? load<u32>(at, DESCRIPTION_INDEX) : 0;
  }

  get hasValue(): bool {
    return (load<u32>(changetype<usize>(this), ARG_FLAGS) & ARG_FLAG_VALUE) != 0;
  }

  /** Why it could not be read: `ARG_ERROR_*` of the ABI; 0: it could. */
  get error(): u32 {
    return load<u32>(changetype<usize>(this), ARG_ERROR);
  }

  /** Whether the end of the text is missing: it was too long for a batch. */
  get isCut(): bool {
    return (load<u32>(changetype<usize>(this), ARG_FLAGS) & ARG_FLAG_CUT) != 0;
  }

  /** A number with a sign; -1 where `uint` has 18446744073709551615. */
  get int(): i64 {
    return this.is(ArgumentKind.Int) ? load<i64>(changetype<usize>(this), ARG_VALUE) : 0;
  }

  /** The same number without a sign. */
  get uint(): u64 {
    return <u64>this.int;
  }

  /** Of a string or buffer: its length in the process, of which the kernel may have cut off the end. */
  get size(): u64 {
    const isSized = this.is(ArgumentKind.String) || this.is(ArgumentKind.Bytes);
    return isSized ? load<u64>(changetype<usize>(this), ARG_VALUE) : 0;
  }

  /** A string, such as a file name that a system call was given. */
  get string(): Text {
    return this.is(ArgumentKind.String) ? this.text : empty();
  }

  /** A buffer. */
  get bytes(): Bytes {
    return changetype<Bytes>(changetype<usize>(this.is(ArgumentKind.Bytes) ? this.text : empty()));
  }

  /** Of a file, path or file descriptor. */
  get path(): Text {
    return this.is(ArgumentKind.Path) ? this.text : empty();
  }

  /** Type and permissions of a file, st_mode; 0: not known. */
  get mode(): u32 {
    return this.is(ArgumentKind.Path) ? load<u32>(changetype<usize>(this), PATH_MODE) : 0;
  }

  /** Whether the path is the one that FollowFD stored when the descriptor was opened. */
  get isFollowed(): bool {
    if (!this.is(ArgumentKind.Path)) return false;
    return (load<u32>(changetype<usize>(this), PATH_FLAGS) & PATH_FLAG_FOLLOWED) != 0;
  }

  /** Of `sock`, `socket`, `skb` and `sockaddr` arguments; the last has a destination only. */
  get sock(): Socket {
    const isSocket =
      this.is(ArgumentKind.Sock) || this.is(ArgumentKind.Skb) || this.is(ArgumentKind.Sockaddr);
    return changetype<Socket>(isSocket ? changetype<usize>(this) : nothing());
  }

  get cred(): Credentials {
    return changetype<Credentials>(this.structOf(ArgumentKind.Cred));
  }

  get userNamespace(): UserNamespace {
    return changetype<UserNamespace>(this.structOf(ArgumentKind.UserNamespace));
  }

  /** Of `bpf_attr`, `bpf_prog` and `bpf_map` arguments. */
  get bpf(): BpfObject {
    const isBpf =
      this.is(ArgumentKind.BpfAttr) ||
      this.is(ArgumentKind.BpfProgram) ||
      this.is(ArgumentKind.BpfMap);
    return changetype<BpfObject>(isBpf ? changetype<usize>(this) : nothing());
  }

  get perfEvent(): PerfEvent {
    return changetype<PerfEvent>(this.structOf(ArgumentKind.PerfEvent));
  }

  get module(): KernelModule {
    return changetype<KernelModule>(this.structOf(ArgumentKind.Module));
  }

  private get text(): Text {
    return changetype<Text>(changetype<usize>(this) + ARG_TEXT);
  }

  private is(kind: ArgumentKind): bool {
    return this.kind == kind && this.hasValue;
  }

  private structOf(kind: ArgumentKind): usize {
    return this.is(kind) ? changetype<usize>(this) : nothing();
  }

  private description(text: usize): Text {
    const at = follow(changetype<usize>(this) + ARG_DESCRIPTION);
    return at ? changetype<Text>(at + text) : empty();
  }
}

function empty(): Text {
  return makeText(0, 0);
}

/** An argument record of any kind, all zeros. */
const zeros = new StaticArray<u8>(128);

function nothing(): usize {
  return changetype<usize>(zeros);
}
