import { Link } from "../links/link.js";
import { objectInfo } from "../maps/info.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import type { ObjectContext } from "./object.js";
import { type TestRunOptions, type TestRunResult, testRun } from "./testRun.js";

/** A program of an object. */
export class Program {
  readonly name: string;
  /** ELF section, which says what it is for: `kprobe/do_exit`. */
  readonly section: string;
  readonly #pointer: Pointer;
  readonly #object: ObjectContext;

  constructor(pointer: Pointer, object: ObjectContext) {
    this.#pointer = pointer;
    this.#object = object;
    this.name = libbpf.bpf_program__name(pointer);
    this.section = libbpf.bpf_program__section_name(pointer);
  }

  /** Address of libbpf's own struct; throws once the object is closed. */
  get pointer(): Pointer {
    void this.#object.pointer;
    return this.#pointer;
  }

  /** Whether `load()` loads it. */
  get autoload(): boolean {
    return libbpf.bpf_program__autoload(this.pointer);
  }

  set autoload(on: boolean) {
    this.#object.assertNotLoaded(`choose whether to load program "${this.name}"`);
    libbpf.bpf_program__set_autoload(this.pointer, on);
  }

  /** Its descriptor in the kernel. */
  get fd(): number {
    this.#object.assertLoaded(`use program "${this.name}"`);
    return libbpf.bpf_program__fd(this.pointer);
  }

  /** Attaches it where its section says. */
  attach(): Link {
    this.#object.assertLoaded(`attach program "${this.name}"`);
    return Link.create(`program "${this.name}"`, this.section, () =>
      libbpf.bpf_program__attach(this.pointer),
    );
  }

  /** Runs it in the kernel with input of our own, without attaching it: for tests of eBPF code. */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return testRun(`program "${this.name}"`, this.fd, options);
  }

  info(): { id: number } {
    return { id: objectInfo("program", this.fd, 232).getU32(4) };
  }
}
