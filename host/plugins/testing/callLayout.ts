/**
 * Places of the fields in records of calls that nobody's kernel wrote: events of test cases. Like
 * `bpf/core/hook/record.h`, by which a test checks it; a case must not need the compiled kernel programs.
 */
import { hookEnums } from "../../events/hook/constants.js";
import { hookFields } from "../../events/hook/hookFields.js";
import type { FieldLayout, RecordLayout, StructLayout } from "../../source/source.js";

/** `name` or `name:bytes`; 4 bytes if it is not said. */
const structs: Readonly<Record<string, string>> = {
  gs_hook_event:
    "parent.pid parent.key_ns:8 hook selector:2 args:1 signal:1 actions flags override_error",
  gs_hook_definition: "hook size",
  gs_arg: "kind:1 position:1 error:2 size",
  gs_bytes: "original_size:8",
  gs_path: "flags mode",
  gs_sock:
    "family:2 type:2 protocol:2 state:2 source_port:2 destination_port:2 mark priority pad cookie:8 source:16 destination:16",
  gs_skb:
    "hash length priority mark family:2 protocol:2 source_port:2 destination_port:2 sec_path_length sec_path_olen source:16 destination:16",
  gs_sockaddr: "family:2 port:2 pad address:16",
  gs_cred:
    "cap_permitted:8 cap_effective:8 cap_inheritable:8 uid gid euid egid suid sgid fsuid fsgid user_ns secure_bits",
  gs_user_ns: "level uid gid ns",
  gs_bpf_object: "type instructions key_size value_size max_entries pad name:16",
  gs_perf_event: "type pad config:8 probe_offset:8 name:64",
  gs_module: "taints:8 signature_ok pad name:64",
};

function structOf(description: string): StructLayout {
  const fields: Record<string, FieldLayout> = {};
  let offset = 0;
  for (const each of description.split(" ")) {
    const [name = "", bytes = "4"] = each.split(":");
    fields[name] = { offset, size: Number(bytes) };
    offset += Number(bytes);
  }
  return { fields, size: offset };
}

function enumsOf(): RecordLayout["enums"] {
  const enums: Record<string, Record<string, number>> = {
    gs_record_type: { GS_RECORD_HOOK: 1, GS_RECORD_HOOK_DEFINITION: 2 },
  };
  for (const [type, [prefix, values]] of Object.entries(hookEnums)) {
    enums[type] = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [prefix + name, value]),
    );
  }
  return enums;
}

export const callLayout: RecordLayout = {
  structs: Object.fromEntries(
    Object.entries(structs).map(([name, text]) => [name, structOf(text)]),
  ),
  enums: enumsOf(),
};

/** The same as the readers of such records have it. */
export const callFields = hookFields(callLayout) as NonNullable<ReturnType<typeof hookFields>>;
