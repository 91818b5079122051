import { type Memory, native, type Pointer } from "../lazy.js";

type Handle = Pointer | null;

/** Functions on `struct bpf_object` and its BTF. */
export const objectFunctions = {
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
};
