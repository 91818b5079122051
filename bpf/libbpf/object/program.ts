import { BpfError } from "../errors.js";
import {
  attachCgroup,
  attachIter,
  attachKprobe,
  attachKprobeMulti,
  attachPerfEvent,
  attachSyscall,
  attachTracepoint,
  attachUprobe,
  type CookieOptions,
  cookieOptions,
  type IterOptions,
  type KprobeMultiOptions,
  type KprobeOptions,
  type ProbeOptions,
  type UprobeOptions,
} from "../links/attach.js";
import { type AttachKind, kindOfSection, targetOfSection } from "../links/kinds.js";
import { Link } from "../links/link.js";
import { missingTarget } from "../links/targets.js";
import { checkedText } from "../native/check.js";
import { describeErrno } from "../native/errno.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import type { ObjectContext } from "./context.js";
import { type ProgramInfo, programInfo } from "./programInfo.js";
import { type TestRunOptions, type TestRunResult, testRun } from "./testRun.js";

/** A program of an object. */
export class Program {
  readonly name: string;
  /** ELF section, which says what it is for: `kprobe/do_exit`. */
  readonly section: string;
  readonly #pointer: Pointer;
  readonly #object: ObjectContext;
  #target: string;

  constructor(pointer: Pointer, object: ObjectContext) {
    this.#pointer = pointer;
    this.#object = object;
    this.name = libbpf.bpf_program__name(pointer);
    this.section = libbpf.bpf_program__section_name(pointer);
    this.#target = targetOfSection(this.section);
  }

  /** For errors. */
  get what(): string {
    return `program "${this.name}"`;
  }

  /** How it attaches, by its section. */
  get kind(): AttachKind {
    return kindOfSection(this.section);
  }

  /** Address of libbpf's own struct; throws once the object is closed. */
  get pointer(): Pointer {
    void this.#object.pointer;
    return this.#pointer;
  }

  /** Its descriptor in the kernel. */
  get fd(): number {
    this.#object.assertLoaded(`use ${this.what}`);
    const fd = libbpf.bpf_program__fd(this.#pointer);
    if (fd >= 0) return fd;
    throw new BpfError(`${this.what} was not loaded: its autoload is off`, { code: "WRONG_STATE" });
  }

  /** Whether `load()` loads it. Programs of sections that begin with `?` start with no. */
  get autoload(): boolean {
    return libbpf.bpf_program__autoload(this.pointer);
  }

  set autoload(on: boolean) {
    this.#edit("autoload", (program) => libbpf.bpf_program__set_autoload(program, on));
  }

  /** `BPF_F_...` flags. */
  get flags(): number {
    return libbpf.bpf_program__flags(this.pointer);
  }

  set flags(flags: number) {
    this.#edit("flags", (program) => libbpf.bpf_program__set_flags(program, flags));
  }

  /**
   * Before `load()`: the kernel function (fentry, fexit, fmod_ret), hook (lsm) or tracepoint
   * (tp_btf) to attach to; or a function of another program, whose descriptor is `programFd`.
   */
  setTarget(name: string, programFd = 0): void {
    checkedText("the target", name);
    const missing = (code: string): string | undefined =>
      targetNotFound.has(code) && programFd === 0 ? missingTarget(this.kind, name) : undefined;
    this.#edit(
      "attach target",
      (program) => libbpf.bpf_program__set_attach_target(program, programFd, name),
      missing,
    );
    this.#target = name;
  }

  /** Attaches it where its section says. */
  attach(): Link {
    const { pointer } = this.#loaded();
    return Link.create({ program: this.what, kind: this.kind, target: this.#target }, () =>
      libbpf.bpf_program__attach(pointer),
    );
  }

  attachKprobe(name: string, options: KprobeOptions = {}): Link {
    return attachKprobe(this.#loaded(), name, options);
  }

  /** One attachment to many functions. Kernel 5.18. */
  attachKprobeMulti(options: KprobeMultiOptions): Link {
    return attachKprobeMulti(this.#loaded(), options);
  }

  /** A kprobe on a system call's entry function, whatever the architecture calls it: `openat`. */
  attachSyscall(name: string, options: ProbeOptions = {}): Link {
    return attachSyscall(this.#loaded(), name, options);
  }

  attachUprobe(options: UprobeOptions): Link {
    return attachUprobe(this.#loaded(), options);
  }

  attachTracepoint(category: string, name: string, options: CookieOptions = {}): Link {
    return attachTracepoint(this.#loaded(), category, name, options);
  }

  attachRawTracepoint(name: string): Link {
    checkedText("the tracepoint", name);
    const { pointer } = this.#loaded();
    return Link.create({ program: this.what, kind: "raw_tracepoint", target: name }, () =>
      libbpf.bpf_program__attach_raw_tracepoint(pointer, name),
    );
  }

  /** fentry, fexit, fmod_ret and tp_btf programs: to the target known at load. */
  attachTrace(options: CookieOptions = {}): Link {
    const { pointer } = this.#loaded();
    const opts = cookieOptions(options);
    return Link.create({ program: this.what, kind: this.kind, target: this.#target }, () =>
      libbpf.bpf_program__attach_trace_opts(pointer, opts.bytes),
    );
  }

  attachLsm(): Link {
    const { pointer } = this.#loaded();
    return Link.create({ program: this.what, kind: "lsm", target: this.#target }, () =>
      libbpf.bpf_program__attach_lsm(pointer),
    );
  }

  attachPerfEvent(event: { readonly fd: number }, options: CookieOptions = {}): Link {
    return attachPerfEvent(this.#loaded(), event, options);
  }

  /** `path`: directory of a cgroup v2. */
  attachCgroup(path: string): Link {
    return attachCgroup(this.#loaded(), path);
  }

  /** Its output comes from `link.iterate()`. */
  attachIter(options: IterOptions = {}): Link {
    return attachIter(this.#loaded(), this.#target, options);
  }

  /** Runs it in the kernel with input of our own, without attaching it: for tests of eBPF code. */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return testRun(this.what, this.fd, options);
  }

  /** What the kernel tells of it: id, sizes, runs. */
  info(): ProgramInfo {
    return programInfo(this.fd);
  }

  #loaded(): this {
    void this.fd;
    return this;
  }

  #edit(
    what: string,
    call: (program: Pointer) => number,
    adviceFor: (code: string) => string | undefined = () => undefined,
  ): void {
    this.#object.assertNotLoaded(`set ${what} of ${this.what}`);
    const { value, messages } = withMessages(() => call(this.pointer));
    if (value >= 0) return;
    const said = messages.at(-1);
    throw BpfError.fromErrno(`cannot set ${what} of ${this.what}`, value, {
      messages,
      advice: adviceFor(describeErrno(value).name) ?? (said && `libbpf says: ${said}`),
    });
  }
}

const targetNotFound = new Set(["ENOENT", "ESRCH"]);
