import type { fgs } from "../../../proto/generated/api.js";
import { ArgumentError, errorTexts } from "../../events/hook/constants.js";
import type { ArgumentType } from "../../policy/hookSpec.js";
import * as structs from "./argumentStructs.js";
import { big, type Refuse } from "./argumentStructs.js";
import type { Payload } from "./recordWriter.js";

type Argument = fgs.KprobeArgument.$Properties;

export interface ReadArgument {
  /** That its policy could have given it. */
  readonly type: ArgumentType;
  readonly payload: Payload;
  readonly error: number;
}

/** What a record has of an argument that an event shows. `refuse` is told what makes no sense. */
export function readArgument(argument: Argument, refuse: Refuse): ReadArgument {
  const { error: shown = "" } = argument;
  const error = Number(
    Object.entries(errorTexts).find(([, text]) => text === shown)?.[0] ??
      (shown ? ArgumentError.FAULT : ArgumentError.OK),
  );
  // What is shown in the place of a buffer that could not be read is no value.
  const isNoBuffer = error !== ArgumentError.OK && argument.bytes_arg != null;
  const value = isNoBuffer ? undefined : payloadOf(argument, refuse);
  if (value) return { ...value, error };
  if (error === ArgumentError.OK) return refuse("it has no value, and no error");
  return isNoBuffer
    ? { type: "char_buf", payload: { kind: "BYTES", isMissing: true }, error }
    : { type: "string", payload: { kind: "STRING", isMissing: true }, error };
}

function payloadOf(
  argument: Argument,
  refuse: Refuse,
): { readonly type: ArgumentType; readonly payload: Payload } | undefined {
  const of = (type: ArgumentType, payload: Payload) => ({ type, payload });
  const { truncated_bytes_arg: cut, capability_arg, capabilities_arg, long_arg } = argument;
  if (capability_arg) return of("capability", integer(capability_arg.number));
  if (capabilities_arg) {
    return of("kernel_cap_t", integer(structs.bits(capabilities_arg.capabilities)));
  }
  if (long_arg) return of("s64", integer(long_arg.value));
  if (argument.string_arg != null)
    return of("string", bytes("STRING", Buffer.from(argument.string_arg)));
  if (argument.int_arg != null) return of("s32", integer(argument.int_arg));
  if (argument.size_arg != null) return of("u64", integer(argument.size_arg));
  if (argument.bytes_arg) return of("char_buf", bytes("BYTES", argument.bytes_arg));
  if (cut) return of("char_buf", bytes("BYTES", cut.bytes_arg ?? Buffer.alloc(0), cut.orig_size));
  if (argument.path_arg) return of("path", structs.pathPayload(argument.path_arg));
  if (argument.file_arg) return of("file", structs.pathPayload(argument.file_arg));
  if (argument.sock_arg) return of("sock", structs.sockPayload(argument.sock_arg, refuse));
  if (argument.skb_arg) return of("skb", structs.skbPayload(argument.skb_arg, refuse));
  if (argument.sockaddr_arg)
    return of("sockaddr", structs.sockaddrPayload(argument.sockaddr_arg, refuse));
  if (argument.cred_arg) return of("cred", structs.credPayload(argument.cred_arg));
  if (argument.user_ns_arg)
    return of("user_namespace", structs.userNsPayload(argument.user_ns_arg));
  if (argument.bpf_attr_arg) {
    return of("bpf_attr", structs.programPayload("BPF_ATTR", argument.bpf_attr_arg, refuse));
  }
  if (argument.bpf_prog_arg) {
    return of("bpf_prog", structs.programPayload("BPF_PROG", argument.bpf_prog_arg, refuse));
  }
  if (argument.bpf_map_arg) return of("bpf_map", structs.mapPayload(argument.bpf_map_arg, refuse));
  if (argument.perf_event_arg) {
    return of("perf_event", structs.perfPayload(argument.perf_event_arg, refuse));
  }
  if (argument.module_arg) return of("module", structs.modulePayload(argument.module_arg));
  return undefined;
}

function integer(value: Parameters<typeof big>[0]): Payload {
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64LE(BigInt.asUintN(64, big(value)));
  return { kind: "INT", tail };
}

function bytes(
  kind: "STRING" | "BYTES",
  tail: Uint8Array,
  size?: Parameters<typeof big>[0],
): Payload {
  const original_size = size == null ? tail.length : big(size);
  return { kind, struct: "gs_bytes", values: { original_size }, tail };
}
