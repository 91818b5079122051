import { type Memory, native, type Pointer } from "../lazy.js";

type Handle = Pointer | null;
type U64 = number | bigint;

/** Functions that attach programs, and those on `struct bpf_link`. */
export const linkFunctions = {
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
};
