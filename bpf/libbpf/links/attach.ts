import { closeSync, openSync } from "node:fs";
import { BpfError } from "../errors.js";
import { checkedCount, checkedText } from "../native/check.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { duplicateFd, libc } from "../native/libc.js";
import { NativeStruct } from "../native/struct.js";
import type { Attachment } from "./attachment.js";
import { Link } from "./link.js";

/** What attaching needs of a loaded program. */
export interface Attachable {
  /** For errors: `program "x"`. */
  readonly what: string;
  readonly pointer: Pointer;
}

export interface CookieOptions {
  /** What `bpf_get_attach_cookie()` returns in this attachment. Kernel 5.15. */
  readonly cookie?: number | bigint;
}

export interface ProbeOptions extends CookieOptions {
  /** Run when the function returns, not when it is called. */
  readonly return?: boolean;
}

export interface KprobeOptions extends ProbeOptions {
  /** Bytes from the start of the function. */
  readonly offset?: number;
}

export interface KprobeMultiOptions {
  /** Functions by name; or `pattern`, with `*` and `?`, for all that match. */
  readonly functions?: readonly string[];
  readonly pattern?: string;
  /** One for each of `functions`, in their order. */
  readonly cookies?: readonly (number | bigint)[];
  readonly return?: boolean;
}

export interface UprobeOptions extends ProbeOptions {
  /** Executable or library: a path, or a name to be searched as the loader does. */
  readonly path: string;
  /** Function; without it, `offset` counts from the start of the file. */
  readonly function?: string;
  /** Bytes. */
  readonly offset?: number;
  /** Only in this process; 0: in our own; default: in every process. */
  readonly pid?: number;
}

export interface IterOptions {
  /** For `iter/bpf_map_elem`: the map to walk. */
  readonly map?: { readonly fd: number };
  /** For `iter/task` (6.1): only this process, or only this thread. */
  readonly pid?: number;
  readonly tid?: number;
}

export function attachKprobe(program: Attachable, name: string, options: KprobeOptions): Link {
  checkedText("the function", name);
  const opts = NativeStruct.options(32)
    .u64(8, options.cookie ?? 0)
    .u64(16, checkedCount("offset", options.offset ?? 0))
    .u8(24, options.return ?? false);
  const target = options.offset ? `${name}+${options.offset}` : name;
  return Link.create(of(program, options.return ? "kretprobe" : "kprobe", target), () =>
    libbpf.bpf_program__attach_kprobe_opts(program.pointer, name, opts.bytes),
  );
}

export function attachKprobeMulti(program: Attachable, options: KprobeMultiOptions): Link {
  const { functions, pattern, cookies } = options;
  if ((functions === undefined) === (pattern === undefined)) {
    throw new BpfError("attachKprobeMulti needs either functions or a pattern", {
      code: "BAD_VALUE",
    });
  }
  functions?.forEach((name) => {
    checkedText("a function", name);
  });
  if (pattern !== undefined) checkedText("the pattern", pattern);
  if (cookies && cookies.length !== functions?.length) {
    throw new BpfError("attachKprobeMulti needs one cookie for each function", {
      code: "BAD_VALUE",
    });
  }
  const opts = NativeStruct.options(48).u8(40, options.return ?? false);
  // Kept by this frame until the call is over; the struct holds only addresses.
  const symbols = new NativeStruct(8 * (functions?.length ?? 0));
  const marks = new NativeStruct(8 * (cookies?.length ?? 0));
  functions?.forEach((name, i) => {
    symbols.pointer(8 * i, name);
  });
  cookies?.forEach((cookie, i) => {
    marks.u64(8 * i, cookie);
  });
  if (functions) opts.pointer(8, symbols.bytes).u64(32, functions.length);
  if (cookies) opts.pointer(24, marks.bytes);
  const target = pattern ?? functions?.join(", ") ?? "";
  return Link.create(of(program, "kprobe_multi", target), () =>
    libbpf.bpf_program__attach_kprobe_multi_opts(program.pointer, pattern ?? null, opts.bytes),
  );
}

export function attachSyscall(program: Attachable, name: string, options: ProbeOptions): Link {
  checkedText("the system call", name);
  const opts = NativeStruct.options(24)
    .u64(8, options.cookie ?? 0)
    .u8(16, options.return ?? false);
  return Link.create(of(program, "ksyscall", name), () =>
    libbpf.bpf_program__attach_ksyscall(program.pointer, name, opts.bytes),
  );
}

export function attachUprobe(program: Attachable, options: UprobeOptions): Link {
  const { path, pid = -1, offset = 0 } = options;
  checkedText("the path", path);
  checkedCount("offset", offset, Number.MAX_SAFE_INTEGER);
  if (options.function !== undefined) checkedText("the function", options.function);
  const opts = NativeStruct.options(40)
    .u64(16, options.cookie ?? 0)
    .u8(24, options.return ?? false)
    .pointer(32, options.function);
  const target = `${path}:${options.function ?? ""}${offset ? `+${offset}` : ""}`;
  return Link.create(of(program, options.return ? "uretprobe" : "uprobe", target), () =>
    libbpf.bpf_program__attach_uprobe_opts(program.pointer, pid, path, offset, opts.bytes),
  );
}

export function attachTracepoint(
  program: Attachable,
  category: string,
  name: string,
  options: CookieOptions,
): Link {
  checkedText("the tracepoint's category", category);
  checkedText("the tracepoint", name);
  const opts = cookieOptions(options);
  return Link.create(of(program, "tracepoint", `${category}/${name}`), () =>
    libbpf.bpf_program__attach_tracepoint_opts(program.pointer, category, name, opts.bytes),
  );
}

export function attachPerfEvent(
  program: Attachable,
  event: { readonly fd: number },
  options: CookieOptions,
): Link {
  const opts = cookieOptions(options);
  // The link closes the descriptor it was given when it goes.
  const fd = duplicateFd("the link", event.fd);
  try {
    return Link.create(of(program, "perf_event", `fd ${event.fd}`), () =>
      libbpf.bpf_program__attach_perf_event_opts(program.pointer, fd, opts.bytes),
    );
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

export function attachCgroup(program: Attachable, path: string): Link {
  checkedText("the cgroup's path", path);
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "EIO";
    throw new BpfError(`cannot open cgroup ${path}: ${code}; give a directory of cgroup v2`, {
      code,
      cause,
    });
  }
  try {
    return Link.create(of(program, "cgroup", path), () =>
      libbpf.bpf_program__attach_cgroup(program.pointer, fd),
    );
  } finally {
    closeSync(fd);
  }
}

export function attachIter(program: Attachable, target: string, options: IterOptions): Link {
  const info = new NativeStruct(16);
  if (options.map) info.u32(0, options.map.fd);
  if (options.tid !== undefined) info.u32(0, options.tid);
  if (options.pid !== undefined) info.u32(4, options.pid);
  const opts = NativeStruct.options(24);
  const chosen = options.map ?? options.tid ?? options.pid;
  if (chosen !== undefined) opts.pointer(8, info.bytes).u32(16, 16);
  return Link.create(of(program, "iter", target), () =>
    libbpf.bpf_program__attach_iter(program.pointer, opts.bytes),
  );
}

export function cookieOptions(options: CookieOptions): NativeStruct {
  return NativeStruct.options(16).u64(8, options.cookie ?? 0);
}

function of(program: Attachable, kind: Attachment["kind"], target: string): Attachment {
  return { program: program.what, kind, target };
}
