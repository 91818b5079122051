import koffi from "koffi";
import { BpfError } from "../errors.js";
import { BpfMap } from "../maps/bpfMap.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { libc, MapFlag, mapMemory, Protection, pageSize } from "../native/libc.js";
import { withMessages } from "../native/messages.js";
import type { ObjectContext } from "./object.js";

/** A map of an object: a specification before `load()`, a map of the kernel after it. */
export class ObjectMap extends BpfMap {
  override readonly name: string;
  /** Holds the object's global variables. */
  readonly isData: boolean;
  readonly #pointer: Pointer;
  readonly #object: ObjectContext;

  constructor(pointer: Pointer, object: ObjectContext) {
    super();
    this.#pointer = pointer;
    this.#object = object;
    this.name = libbpf.bpf_map__name(pointer);
    this.isData = libbpf.bpf_map__is_internal(pointer) && /\.(rodata|data|bss)/.test(this.name);
  }

  override get fd(): number {
    this.#object.assertLoaded(`use map "${this.name}"`);
    const fd = libbpf.bpf_map__fd(this.#pointer);
    if (fd < 0) {
      throw new BpfError(`map "${this.name}" was not created (autocreate is off)`, {
        code: "WRONG_STATE",
      });
    }
    return fd;
  }

  override get type(): number {
    return libbpf.bpf_map__type(this.#alive());
  }

  override get keySize(): number {
    return libbpf.bpf_map__key_size(this.#alive());
  }

  override get valueSize(): number {
    return libbpf.bpf_map__value_size(this.#alive());
  }

  override get maxEntries(): number {
    return libbpf.bpf_map__max_entries(this.#alive());
  }

  /** Entries; of a ring buffer, bytes: a power of two and a multiple of the page size. */
  override set maxEntries(count: number) {
    this.#edit("max_entries", (map) => libbpf.bpf_map__set_max_entries(map, count));
  }

  /** Uses the map behind `fd` instead of creating one; both stay open on their own. */
  reuse(source: number | { readonly fd: number }): void {
    const fd = typeof source === "number" ? source : source.fd;
    this.#edit("the map to reuse", (map) => libbpf.bpf_map__reuse_fd(map, fd));
  }

  protected override typeIds(): {
    btf: ReturnType<ObjectContext["btf"]>;
    key: number;
    value: number;
  } {
    const map = this.#alive();
    return {
      btf: this.#object.btf(),
      key: libbpf.bpf_map__btf_key_type_id(map),
      value: libbpf.bpf_map__btf_value_type_id(map),
    };
  }

  /** Bytes of the section of global variables that this map holds. */
  readData(offset: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#withData((data) => libc.memcpy(bytes, data + BigInt(offset), size), false);
    return bytes;
  }

  writeData(offset: number, bytes: Uint8Array): void {
    this.#withData((data) => libc.memcpy(data + BigInt(offset), bytes, bytes.length), true);
  }

  #withData(use: (data: Pointer) => void, write: boolean): void {
    const map = this.#alive();
    if (!this.#object.loaded()) {
      const data = libbpf.bpf_map__initial_value(map, new BigUint64Array(1));
      if (data === null) throw BpfError.fromErrno(`no data in map "${this.name}"`, koffi.errno());
      use(data);
      return;
    }
    const size = Math.ceil(this.valueSize / pageSize()) * pageSize();
    const protection = write ? Protection.READ | Protection.WRITE : Protection.READ;
    const data = mapMemory(
      `map "${this.name}"`,
      null,
      size,
      protection,
      MapFlag.SHARED,
      this.fd,
      0,
    );
    try {
      use(data);
    } finally {
      libc.munmap(data, size);
    }
  }

  #edit(what: string, call: (map: Pointer) => number): void {
    this.#object.assertNotLoaded(`set ${what} of map "${this.name}"`);
    const { value, messages } = withMessages(() => call(this.#alive()));
    if (value < 0) {
      throw BpfError.fromErrno(`cannot set ${what} of map "${this.name}"`, value, { messages });
    }
  }

  #alive(): Pointer {
    void this.#object.pointer;
    return this.#pointer;
  }
}
