import koffi, { type LibraryHandle } from "koffi";
import { BpfError } from "../errors.js";
import { bindLazily, type Memory, native, type Pointer } from "./lazy.js";

let handle: LibraryHandle | undefined;

/** libbpf.so.1 of this system; throws one clear sentence if it is missing or too old. */
export function libbpfLibrary(): LibraryHandle {
  handle ??= load(process.env.LIBBPF_TS_LIBRARY ?? "libbpf.so.1");
  return handle;
}

function load(path: string): LibraryHandle {
  let library: LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new BpfError(
      `cannot load ${path}: install the package libbpf1 (Debian, Ubuntu) or libbpf (Fedora, Arch, Alpine)`,
      { code: "MISSING_LIBRARY", cause },
    );
  }
  const major: number = library.func("uint32_t libbpf_major_version()")();
  const minor: number = library.func("uint32_t libbpf_minor_version()")();
  if (major !== 1 || minor < 1) {
    throw new BpfError(
      `${path} is libbpf ${major}.${minor}; this library needs 1.1 or a later 1.x`,
      {
        code: "LIBRARY_VERSION",
      },
    );
  }
  // Silence by default: what libbpf has to say is captured call by call.
  library.func("void *libbpf_set_print(void *print)")(null);
  return library;
}

/** Version of the loaded libbpf, such as `1.1`. */
export function libbpfVersion(): string {
  return `${libbpf.libbpf_major_version()}.${libbpf.libbpf_minor_version()}`;
}

type Handle = Pointer | null;
type U64 = number | bigint;

/** The functions of libbpf that this library uses, under their C names. */
export const libbpf = bindLazily(libbpfLibrary, {
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
  libbpf_probe_bpf_helper: native<[type: number, helper: number, opts: null], number>(
    "int libbpf_probe_bpf_helper(int type, int helper, const void *opts)",
  ),

  bpf_object__open_file: native<[path: string, opts: Memory], Handle>(
    "void *bpf_object__open_file(const char *path, const void *opts)",
  ),
  bpf_object__open_mem: native<[bytes: Memory, size: number, opts: Memory], Handle>(
    "void *bpf_object__open_mem(const void *bytes, size_t size, const void *opts)",
  ),
  bpf_object__load: native<[object: Pointer], number>("int bpf_object__load(void *object)"),
  bpf_object__close: native<[object: Pointer], void>("void bpf_object__close(void *object)"),
  bpf_object__name: native<[object: Pointer], string>("const char *bpf_object__name(void *object)"),
  bpf_object__btf: native<[object: Pointer], Handle>("void *bpf_object__btf(void *object)"),
  bpf_object__next_program: native<[object: Pointer, program: Handle], Handle>(
    "void *bpf_object__next_program(void *object, void *program)",
  ),
  bpf_object__next_map: native<[object: Pointer, map: Handle], Handle>(
    "void *bpf_object__next_map(void *object, void *map)",
  ),
  btf__raw_data: native<[btf: Pointer, size: Uint32Array], Handle>(
    "const void *btf__raw_data(void *btf, _Out_ uint32_t *size)",
  ),

  bpf_program__name: native<[program: Pointer], string>(
    "const char *bpf_program__name(void *program)",
  ),
  bpf_program__section_name: native<[program: Pointer], string>(
    "const char *bpf_program__section_name(void *program)",
  ),
  bpf_program__fd: native<[program: Pointer], number>("int bpf_program__fd(void *program)"),
  bpf_program__autoload: native<[program: Pointer], boolean>(
    "bool bpf_program__autoload(void *program)",
  ),
  bpf_program__set_autoload: native<[program: Pointer, on: boolean], number>(
    "int bpf_program__set_autoload(void *program, bool on)",
  ),
  bpf_program__autoattach: native<[program: Pointer], boolean>(
    "bool bpf_program__autoattach(void *program)",
  ),
  bpf_program__set_autoattach: native<[program: Pointer, on: boolean], void>(
    "void bpf_program__set_autoattach(void *program, bool on)",
  ),
  bpf_program__type: native<[program: Pointer], number>("int bpf_program__type(void *program)"),
  bpf_program__set_type: native<[program: Pointer, type: number], number>(
    "int bpf_program__set_type(void *program, int type)",
  ),
  bpf_program__expected_attach_type: native<[program: Pointer], number>(
    "int bpf_program__expected_attach_type(void *program)",
  ),
  bpf_program__set_expected_attach_type: native<[program: Pointer, type: number], number>(
    "int bpf_program__set_expected_attach_type(void *program, int type)",
  ),
  bpf_program__flags: native<[program: Pointer], number>(
    "uint32_t bpf_program__flags(void *program)",
  ),
  bpf_program__set_flags: native<[program: Pointer, flags: number], number>(
    "int bpf_program__set_flags(void *program, uint32_t flags)",
  ),
  bpf_program__insn_cnt: native<[program: Pointer], number>(
    "size_t bpf_program__insn_cnt(void *program)",
  ),
  bpf_program__set_log_level: native<[program: Pointer, level: number], number>(
    "int bpf_program__set_log_level(void *program, uint32_t level)",
  ),
  bpf_program__set_log_buf: native<[program: Pointer, bytes: Memory, size: number], number>(
    "int bpf_program__set_log_buf(void *program, void *bytes, size_t size)",
  ),
  bpf_program__set_attach_target: native<[program: Pointer, fd: number, name: string], number>(
    "int bpf_program__set_attach_target(void *program, int fd, const char *name)",
  ),

  bpf_program__attach: native<[program: Pointer], Handle>(
    "void *bpf_program__attach(void *program)",
  ),
  bpf_program__attach_kprobe_opts: native<[program: Pointer, name: string, opts: Memory], Handle>(
    "void *bpf_program__attach_kprobe_opts(void *program, const char *name, const void *opts)",
  ),
  bpf_program__attach_kprobe_multi_opts: native<
    [program: Pointer, pattern: string | null, opts: Memory],
    Handle
  >(
    "void *bpf_program__attach_kprobe_multi_opts(void *program, const char *pattern, const void *opts)",
  ),
  bpf_program__attach_ksyscall: native<[program: Pointer, name: string, opts: Memory], Handle>(
    "void *bpf_program__attach_ksyscall(void *program, const char *name, const void *opts)",
  ),
  bpf_program__attach_uprobe_opts: native<
    [program: Pointer, pid: number, path: string, offset: U64, opts: Memory],
    Handle
  >(
    "void *bpf_program__attach_uprobe_opts(void *program, int pid, const char *path, size_t offset, const void *opts)",
  ),
  bpf_program__attach_tracepoint_opts: native<
    [program: Pointer, category: string, name: string, opts: Memory],
    Handle
  >(
    "void *bpf_program__attach_tracepoint_opts(void *program, const char *category, const char *name, const void *opts)",
  ),
  bpf_program__attach_raw_tracepoint: native<[program: Pointer, name: string], Handle>(
    "void *bpf_program__attach_raw_tracepoint(void *program, const char *name)",
  ),
  bpf_program__attach_trace_opts: native<[program: Pointer, opts: Memory], Handle>(
    "void *bpf_program__attach_trace_opts(void *program, const void *opts)",
  ),
  bpf_program__attach_lsm: native<[program: Pointer], Handle>(
    "void *bpf_program__attach_lsm(void *program)",
  ),
  bpf_program__attach_perf_event_opts: native<[program: Pointer, fd: number, opts: Memory], Handle>(
    "void *bpf_program__attach_perf_event_opts(void *program, int fd, const void *opts)",
  ),
  bpf_program__attach_cgroup: native<[program: Pointer, fd: number], Handle>(
    "void *bpf_program__attach_cgroup(void *program, int fd)",
  ),
  bpf_program__attach_iter: native<[program: Pointer, opts: Memory], Handle>(
    "void *bpf_program__attach_iter(void *program, const void *opts)",
  ),

  bpf_link__fd: native<[link: Pointer], number>("int bpf_link__fd(void *link)"),
  bpf_link__destroy: native<[link: Pointer], number>("int bpf_link__destroy(void *link)"),

  bpf_map__name: native<[map: Pointer], string>("const char *bpf_map__name(void *map)"),
  bpf_map__fd: native<[map: Pointer], number>("int bpf_map__fd(void *map)"),
  bpf_map__type: native<[map: Pointer], number>("int bpf_map__type(void *map)"),
  bpf_map__set_type: native<[map: Pointer, type: number], number>(
    "int bpf_map__set_type(void *map, int type)",
  ),
  bpf_map__max_entries: native<[map: Pointer], number>("uint32_t bpf_map__max_entries(void *map)"),
  bpf_map__set_max_entries: native<[map: Pointer, count: number], number>(
    "int bpf_map__set_max_entries(void *map, uint32_t count)",
  ),
  bpf_map__key_size: native<[map: Pointer], number>("uint32_t bpf_map__key_size(void *map)"),
  bpf_map__set_key_size: native<[map: Pointer, size: number], number>(
    "int bpf_map__set_key_size(void *map, uint32_t size)",
  ),
  bpf_map__value_size: native<[map: Pointer], number>("uint32_t bpf_map__value_size(void *map)"),
  bpf_map__set_value_size: native<[map: Pointer, size: number], number>(
    "int bpf_map__set_value_size(void *map, uint32_t size)",
  ),
  bpf_map__map_flags: native<[map: Pointer], number>("uint32_t bpf_map__map_flags(void *map)"),
  bpf_map__set_map_flags: native<[map: Pointer, flags: number], number>(
    "int bpf_map__set_map_flags(void *map, uint32_t flags)",
  ),
  bpf_map__numa_node: native<[map: Pointer], number>("uint32_t bpf_map__numa_node(void *map)"),
  bpf_map__set_numa_node: native<[map: Pointer, node: number], number>(
    "int bpf_map__set_numa_node(void *map, uint32_t node)",
  ),
  bpf_map__set_autocreate: native<[map: Pointer, on: boolean], number>(
    "int bpf_map__set_autocreate(void *map, bool on)",
  ),
  bpf_map__autocreate: native<[map: Pointer], boolean>("bool bpf_map__autocreate(void *map)"),
  bpf_map__is_internal: native<[map: Pointer], boolean>("bool bpf_map__is_internal(void *map)"),
  bpf_map__btf_key_type_id: native<[map: Pointer], number>(
    "uint32_t bpf_map__btf_key_type_id(void *map)",
  ),
  bpf_map__btf_value_type_id: native<[map: Pointer], number>(
    "uint32_t bpf_map__btf_value_type_id(void *map)",
  ),
  bpf_map__reuse_fd: native<[map: Pointer, fd: number], number>(
    "int bpf_map__reuse_fd(void *map, int fd)",
  ),
  bpf_map__set_inner_map_fd: native<[map: Pointer, fd: number], number>(
    "int bpf_map__set_inner_map_fd(void *map, int fd)",
  ),
  bpf_map__initial_value: native<[map: Pointer, size: BigUint64Array], Handle>(
    "void *bpf_map__initial_value(void *map, _Out_ size_t *size)",
  ),

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
});
