import { readFileSync } from "node:fs";
import { basename } from "node:path";
import koffi from "koffi";
import { Btf } from "../btf/btf.js";
import { BpfError } from "../errors.js";
import { Handle } from "../native/handle.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import { NativeStruct } from "../native/struct.js";
import { didYouMean } from "../suggest.js";
import { loadError } from "./loadError.js";
import { ObjectMap } from "./objectMap.js";
import { Program } from "./program.js";
import { Variables } from "./variables.js";
import { VerifierLog } from "./verifierLog.js";

export interface OpenOptions {
  /** Name of the object; default: the file's name without its extension, or `object`. */
  readonly name?: string;
  /** BTF file for CO-RE relocations in place of the running kernel's. */
  readonly kernelBtf?: string;
  /** Extra kernel configuration (`CONFIG_X=y` lines) for `__kconfig` externs. */
  readonly kconfig?: string;
  /** Types of this very object, if another copy of it is or was open: they need not be read again. */
  readonly btf?: Btf;
}

/**
 * An eBPF object: compiled programs and maps. Between `open` and `load` it is a specification that
 * can be edited; `load` brings it into the kernel. All that it hands out dies with `close()`, but
 * for links, which live on their own.
 */
export class BpfObject {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly maps: readonly ObjectMap[];
  /** Global variables (`.rodata`, `.data`, `.bss`) by name. */
  readonly variables: Variables;
  readonly #handle: Handle;
  #btf: Btf | undefined;
  #state: "open" | "loaded" | "failed" = "open";

  /** Opens an object file, or the bytes of one. Nothing goes into the kernel yet. */
  static open(source: string | Uint8Array, options: OpenOptions = {}): BpfObject {
    const fromFile = typeof source === "string";
    const name = options.name ?? (fromFile ? basename(source).replace(/\..*$/, "") : "object");
    const bytes = fromFile ? readObject(source) : source;
    if (!(bytes instanceof Uint8Array)) {
      throw new BpfError("an eBPF object is opened from a path or from bytes (Uint8Array)", {
        code: "BAD_VALUE",
      });
    }
    const opts = NativeStruct.options(80)
      .pointer(8, name)
      .pointer(40, options.kconfig)
      .pointer(48, options.kernelBtf);
    const { value, errno, messages } = withMessages(() =>
      libbpf.bpf_object__open_mem(bytes, bytes.length, opts.bytes),
    );
    if (value === null) {
      const what = `cannot open ${fromFile ? source : `eBPF object "${name}"`}`;
      const said = messages.at(-1);
      throw BpfError.fromErrno(what, errno, { messages, advice: said && `libbpf says: ${said}` });
    }
    const handle = new Handle(`eBPF object "${name}"`, value, "bpf_object__close");
    return new BpfObject(name, handle, options.btf);
  }

  private constructor(name: string, handle: Handle, btf: Btf | undefined) {
    this.name = name;
    this.#handle = handle;
    this.#btf = btf;
    const context = {
      get pointer(): Pointer {
        return handle.pointer;
      },
      loaded: () => this.loaded,
      assertLoaded: (what: string) => this.#assertLoaded(what),
      assertNotLoaded: (what: string) => this.#assertNotLoaded(what),
      btf: () => this.btf,
    };
    this.programs = list(handle.pointer, libbpf.bpf_object__next_program).map(
      (pointer) => new Program(pointer, context),
    );
    this.maps = list(handle.pointer, libbpf.bpf_object__next_map).map(
      (pointer) => new ObjectMap(pointer, context),
    );
    this.variables = new Variables(this.maps, context);
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  get loaded(): boolean {
    return this.#state === "loaded";
  }

  /** Type information of this object. */
  get btf(): Btf {
    if (!this.#btf) {
      const pointer = libbpf.bpf_object__btf(this.#handle.pointer);
      const size = new Uint32Array(1);
      const data = pointer && libbpf.btf__raw_data(pointer, size);
      if (!data) {
        throw new BpfError(`${this.#handle.what} has no BTF: compile it with clang -g`, {
          code: "NO_BTF",
        });
      }
      this.#btf = new Btf(new Uint8Array(koffi.view(data, size[0] ?? 0)).slice());
    }
    return this.#btf;
  }

  /** The program of this name; throws, naming the nearest spelling. */
  program(name: string): Program {
    return this.#named("program", this.programs, name);
  }

  /** The map of this name; throws, naming the nearest spelling. */
  map<K = unknown, V = unknown>(name: string): ObjectMap<K, V> {
    return this.#named("map", this.maps, name) as ObjectMap<unknown, unknown> as ObjectMap<K, V>;
  }

  /**
   * Creates the maps and loads the chosen programs. Throws `VerifierError` if the kernel refuses a
   * program, `BpfError` for everything else; a failed object can only be closed.
   */
  load(): this {
    this.#assertNotLoaded("load");
    const log = new VerifierLog(this.programs);
    const { value, messages } = withMessages(() => libbpf.bpf_object__load(this.#handle.pointer));
    const text = log.end();
    if (value < 0) {
      this.#state = "failed";
      const { what: object } = this.#handle;
      throw loadError({ object, programs: this.programs, errno: value, messages, log: text });
    }
    this.#state = "loaded";
    return this;
  }

  /** Unloads programs and maps that nothing else holds. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }

  #named<T extends { readonly name: string }>(kind: string, all: readonly T[], name: string): T {
    const found = all.find((each) => each.name === name);
    if (found) return found;
    const names = all.map((each) => each.name);
    throw new BpfError(
      `${this.#handle.what} has no ${kind} "${name}"${didYouMean(name, names)}; it has ${names.join(", ") || "none"}`,
      { code: "UNKNOWN_NAME" },
    );
  }

  #assertNotLoaded(what: string): void {
    void this.#handle.pointer;
    if (this.#state === "open") return;
    throw new BpfError(
      `cannot ${what}: ${this.#handle.what} ${this.loaded ? "is loaded already" : "failed to load; open it anew"}`,
      { code: "WRONG_STATE" },
    );
  }

  #assertLoaded(what: string): void {
    void this.#handle.pointer;
    if (this.#state === "loaded") return;
    throw new BpfError(`cannot ${what}: call load() on ${this.#handle.what} first`, {
      code: "WRONG_STATE",
    });
  }
}

function readObject(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "EIO";
    throw new BpfError(`cannot read the eBPF object file ${path}: ${code}`, { code, cause });
  }
}

function list(
  object: Pointer,
  next: (object: Pointer, previous: Pointer | null) => Pointer | null,
): Pointer[] {
  const all: Pointer[] = [];
  for (let at = next(object, null); at !== null; at = next(object, at)) all.push(at);
  return all;
}
