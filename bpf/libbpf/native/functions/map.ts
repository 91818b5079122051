import { native, type Pointer } from "../lazy.js";

type Handle = Pointer | null;

/** Functions on `struct bpf_map`, the specification of a map. */
export const mapFunctions = {
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
};
