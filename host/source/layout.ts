/** The record layout, from the BTF of the object that writes the records. */
import type { Btf } from "../../bpf/libbpf/index.js";
import type { RecordLayout, StructLayout } from "./source.js";

const structs = [
  "gs_header",
  "gs_key",
  "gs_fork",
  "gs_exec",
  "gs_exit",
  "gs_args",
  "gs_counters",
  "gs_reader",
  "gs_demand",
  "gs_unwanted_key",
  "gs_process",
  "gs_spaces",
  "gs_test_call",
  "gs_dns",
  "gs_hook_counters",
  "gs_hook_event",
  "gs_hook_definition",
  "gs_arg",
  "gs_bytes",
  "gs_path",
  "gs_sock",
  "gs_skb",
  "gs_sockaddr",
  "gs_cred",
  "gs_user_ns",
  "gs_bpf_object",
  "gs_perf_event",
  "gs_module",
  "gs_facts",
  "gs_marks",
  "gs_mark_pid",
  "gs_live",
  "gs_text_key",
  "gs_short_key",
  "gs_prefix_key",
];
const enums = [
  "gs_record_type",
  "gs_process_flag",
  "gs_file_flag",
  "gs_namespace",
  "gs_dns_flag",
  "gs_scope",
  "gs_hook_action",
  "gs_hook_flag",
  "gs_arg_kind",
  "gs_arg_error",
  "gs_arg_path_flag",
];

/** Plain data. Throws `BpfError` if the object lacks one of the record types. */
export function readRecordLayout(btf: Btf): RecordLayout {
  return {
    structs: Object.fromEntries(structs.map((name) => [name, readStruct(btf, name)])),
    enums: Object.fromEntries(enums.map((name) => [name, readEnum(btf, name)])),
  };
}

function readStruct(btf: Btf, name: string): StructLayout {
  const { size, members } = btf.struct(name);
  const fields = Object.entries(members).map(
    ([path, { offset, size }]) => [path, { offset, size }] as const,
  );
  return { size, fields: Object.fromEntries(fields) };
}

function readEnum(btf: Btf, name: string): Record<string, number> {
  const values = Object.entries(btf.enum(name));
  return Object.fromEntries(values.map(([enumerator, value]) => [enumerator, Number(value)]));
}
