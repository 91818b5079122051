import { native, type Pointer } from "../lazy.js";

type Handle = Pointer | null;

/** General functions of libbpf. */
export const generalFunctions = {
  libbpf_major_version: native<[], number>("uint32_t libbpf_major_version()"),
  libbpf_minor_version: native<[], number>("uint32_t libbpf_minor_version()"),
  libbpf_num_possible_cpus: native<[], number>("int libbpf_num_possible_cpus()"),
  libbpf_set_print: native<[print: Handle], Handle>("void *libbpf_set_print(void *print)"),
  libbpf_bpf_prog_type_str: native<[type: number], string | null>(
    "const char *libbpf_bpf_prog_type_str(int type)",
  ),
  libbpf_bpf_map_type_str: native<[type: number], string | null>(
    "const char *libbpf_bpf_map_type_str(int type)",
  ),
  libbpf_bpf_attach_type_str: native<[type: number], string | null>(
    "const char *libbpf_bpf_attach_type_str(int type)",
  ),
  libbpf_bpf_link_type_str: native<[type: number], string | null>(
    "const char *libbpf_bpf_link_type_str(int type)",
  ),
  libbpf_probe_bpf_prog_type: native<[type: number, opts: null], number>(
    "int libbpf_probe_bpf_prog_type(int type, const void *opts)",
  ),
  libbpf_probe_bpf_map_type: native<[type: number, opts: null], number>(
    "int libbpf_probe_bpf_map_type(int type, const void *opts)",
  ),
};
