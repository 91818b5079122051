import { type Memory, native, type Pointer } from "../lazy.js";

/** Functions on `struct bpf_program` but for attaching. */
export const programFunctions = {
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
};
