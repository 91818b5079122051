import { type Memory, native } from "../lazy.js";

type U64 = number | bigint;

/** Thin wrappers of the bpf system call: they take descriptors. */
export const kernelFunctions = {
  bpf_map_create: native<
    [type: number, name: string, key: number, value: number, entries: number, opts: Memory],
    number
  >(
    "int bpf_map_create(int type, const char *name, uint32_t key, uint32_t value, uint32_t entries, const void *opts)",
  ),
  bpf_map_lookup_elem_flags: native<[fd: number, key: Memory, value: Memory, flags: U64], number>(
    "int bpf_map_lookup_elem_flags(int fd, const void *key, void *value, uint64_t flags)",
  ),
  bpf_map_lookup_and_delete_elem: native<[fd: number, key: Memory, value: Memory], number>(
    "int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)",
  ),
  bpf_map_update_elem: native<[fd: number, key: Memory, value: Memory, flags: U64], number>(
    "int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)",
  ),
  bpf_map_delete_elem: native<[fd: number, key: Memory], number>(
    "int bpf_map_delete_elem(int fd, const void *key)",
  ),
  bpf_map_get_next_key: native<[fd: number, key: Memory, next: Memory], number>(
    "int bpf_map_get_next_key(int fd, const void *key, void *next)",
  ),
  bpf_map_freeze: native<[fd: number], number>("int bpf_map_freeze(int fd)"),
  bpf_map_lookup_batch: native<
    [
      fd: number,
      from: Memory,
      to: Memory,
      keys: Memory,
      values: Memory,
      count: Memory,
      opts: Memory,
    ],
    number
  >(
    "int bpf_map_lookup_batch(int fd, void *from, void *to, void *keys, void *values, void *count, const void *opts)",
  ),
  bpf_prog_load: native<
    [type: number, name: string, license: string, code: Memory, count: number, opts: Memory],
    number
  >(
    "int bpf_prog_load(int type, const char *name, const char *license, const void *code, size_t count, const void *opts)",
  ),
  bpf_link_create: native<[program: number, target: number, type: number, opts: Memory], number>(
    "int bpf_link_create(int program, int target, int type, const void *opts)",
  ),
  bpf_raw_tracepoint_open: native<[name: string | null, program: number], number>(
    "int bpf_raw_tracepoint_open(const char *name, int program)",
  ),
  bpf_iter_create: native<[link: number], number>("int bpf_iter_create(int link)"),
  bpf_btf_get_fd_by_id: native<[id: number], number>("int bpf_btf_get_fd_by_id(uint32_t id)"),
  bpf_btf_get_next_id: native<[id: number, next: Uint32Array], number>(
    "int bpf_btf_get_next_id(uint32_t id, _Out_ uint32_t *next)",
  ),
  bpf_obj_get_info_by_fd: native<[fd: number, info: Memory, size: Uint32Array], number>(
    "int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)",
  ),
  bpf_prog_test_run_opts: native<[fd: number, opts: Memory], number>(
    "int bpf_prog_test_run_opts(int fd, void *opts)",
  ),
  bpf_enable_stats: native<[type: number], number>("int bpf_enable_stats(int type)"),
};
