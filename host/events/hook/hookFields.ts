import { GuidestarError } from "../../errors.js";
import { enumerator, offsetOf, sizeOf } from "../../source/recordLayout.js";
import type { RecordLayout } from "../../source/source.js";
import { ArgumentKind, hookEnums } from "./constants.js";

/**
 * Every offset in the records of hooks, looked up once.
 * @returns undefined for a recording from before there were policies.
 * @throws GuidestarError if the layout has them in a form that is not known.
 */
export function hookFields(layout: RecordLayout) {
  if (layout.structs.gs_hook_event === undefined) return undefined;
  checkEnums(layout);
  const all = (struct: string, ...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, offsetOf(layout, struct, name)]));
  const of = <N extends string>(struct: string, ...names: N[]) =>
    ({ ...all(struct, ...names), end: sizeOf(layout, struct) }) as Record<N | "end", number>;
  const fields = {
    event: of(
      "gs_hook_event",
      "parent.pid",
      "parent.key_ns",
      "hook",
      "selector",
      "args",
      "signal",
      "actions",
      "flags",
      "override_error",
    ),
    definition: of("gs_hook_definition", "hook", "size"),
    arg: of("gs_arg", "kind", "position", "error", "size"),
    bytes: of("gs_bytes", "original_size"),
    path: of("gs_path", "flags", "mode"),
    sock: of("gs_sock", ...endpointFields, "type", "state", "cookie"),
    skb: of("gs_skb", ...endpointFields, "hash", "length", "sec_path_length", "sec_path_olen"),
    sockaddr: of("gs_sockaddr", "family", "port", "address"),
    cred: of("gs_cred", ...credFields),
    userNs: of("gs_user_ns", "level", "uid", "gid", "ns"),
    bpf: of("gs_bpf_object", ...bpfFields),
    perfEvent: of("gs_perf_event", "type", "config", "probe_offset", "name"),
    module: of("gs_module", "taints", "signature_ok", "name"),
    types: {
      hook: enumerator(layout, "gs_record_type", "GS_RECORD_HOOK"),
      definition: enumerator(layout, "gs_record_type", "GS_RECORD_HOOK_DEFINITION"),
    },
  };
  return { ...fields, leastBytes: leastBytes(fields) };
}

const endpointFields = [
  "family",
  "protocol",
  "mark",
  "priority",
  "source_port",
  "destination_port",
  "source",
  "destination",
] as const;

const credFields = [
  "cap_permitted",
  "cap_effective",
  "cap_inheritable",
  "uid",
  "gid",
  "euid",
  "egid",
  "suid",
  "sgid",
  "fsuid",
  "fsgid",
  "user_ns",
  "secure_bits",
] as const;

const bpfFields = [
  "type",
  "instructions",
  "key_size",
  "value_size",
  "max_entries",
  "name",
] as const;

/** By kind of argument, the bytes that a payload must have to be read. */
function leastBytes(of: Record<"bytes" | PayloadStruct, { readonly end: number }>): number[] {
  const least: number[] = [];
  least[ArgumentKind.INT] = 8;
  least[ArgumentKind.STRING] = of.bytes.end;
  least[ArgumentKind.BYTES] = of.bytes.end;
  least[ArgumentKind.PATH] = of.path.end;
  least[ArgumentKind.SOCK] = of.sock.end;
  least[ArgumentKind.SKB] = of.skb.end;
  least[ArgumentKind.SOCKADDR] = of.sockaddr.end;
  least[ArgumentKind.CRED] = of.cred.end;
  least[ArgumentKind.USER_NS] = of.userNs.end;
  least[ArgumentKind.BPF_ATTR] = of.bpf.end;
  least[ArgumentKind.BPF_PROG] = of.bpf.end;
  least[ArgumentKind.BPF_MAP] = of.bpf.end;
  least[ArgumentKind.PERF_EVENT] = of.perfEvent.end;
  least[ArgumentKind.MODULE] = of.module.end;
  least[ArgumentKind.STACK] = 0;
  return least;
}

type PayloadStruct =
  | "path"
  | "sock"
  | "skb"
  | "sockaddr"
  | "cred"
  | "userNs"
  | "bpf"
  | "perfEvent"
  | "module";

/** A source may know more of them, but not other numbers for those that we know. */
function checkEnums(layout: RecordLayout): void {
  for (const [type, [prefix, values]] of Object.entries(hookEnums))
    for (const [name, value] of Object.entries(values)) {
      if (enumerator(layout, type, prefix + name) === value) continue;
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `the record layout has another number for ${prefix}${name}: the eBPF object or recording is of another version`,
      );
    }
}

export type HookFields = NonNullable<ReturnType<typeof hookFields>>;
