import { BpfError } from "../errors.js";
import { BpfMap, type MapTypes } from "../maps/bpfMap.js";
import { mapInfo } from "../maps/info.js";
import { mapTypeName } from "../maps/types.js";
import { checkedCount } from "../native/check.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import type { ObjectContext } from "./context.js";
import { readSection, writeSection } from "./dataSection.js";

/** A map of an object: a specification that can be edited before `load()`, a map of the kernel after it. */
export class ObjectMap<K = unknown, V = unknown> extends BpfMap<K, V> {
  override readonly name: string;
  /** Holds the object's global variables. */
  readonly isData: boolean;
  readonly #pointer: Pointer;
  readonly #object: ObjectContext;
  #fd: number | undefined;
  /** Remembered, because libbpf forgets them at load for types the kernel keeps no BTF of. */
  #typeIds: { readonly key: number; readonly value: number };

  constructor(pointer: Pointer, object: ObjectContext) {
    super();
    this.#pointer = pointer;
    this.#object = object;
    this.name = libbpf.bpf_map__name(pointer);
    this.#typeIds = typeIds(pointer);
    this.isData = libbpf.bpf_map__is_internal(pointer) && /\.(rodata|data|bss)/.test(this.name);
  }

  override get fd(): number {
    this.#object.assertLoaded(`use map "${this.name}"`);
    this.#fd ??= libbpf.bpf_map__fd(this.#pointer);
    if (this.#fd < 0) {
      throw new BpfError(`map "${this.name}" was not created: its autocreate is off`, {
        code: "WRONG_STATE",
      });
    }
    return this.#fd;
  }

  override get type(): number {
    return libbpf.bpf_map__type(this.#alive());
  }

  override set type(type: number) {
    this.#edit("type", (map) => libbpf.bpf_map__set_type(map, type));
  }

  override get keySize(): number {
    return libbpf.bpf_map__key_size(this.#alive());
  }

  override set keySize(bytes: number) {
    this.#edit("key_size", (map) =>
      libbpf.bpf_map__set_key_size(map, checkedCount("key_size", bytes)),
    );
  }

  override get valueSize(): number {
    return libbpf.bpf_map__value_size(this.#alive());
  }

  /** Bytes. A section of global variables can grow by its last variable, if that is an array. */
  override set valueSize(bytes: number) {
    this.#edit("value_size", (map) =>
      libbpf.bpf_map__set_value_size(map, checkedCount("value_size", bytes)),
    );
  }

  override get maxEntries(): number {
    return libbpf.bpf_map__max_entries(this.#alive());
  }

  /** Entries; of a ring buffer, bytes: a power of two and a multiple of the page size. */
  override set maxEntries(count: number) {
    this.#edit("max_entries", (map) =>
      libbpf.bpf_map__set_max_entries(map, checkedCount("max_entries", count)),
    );
  }

  /** `BPF_F_...` flags. */
  get flags(): number {
    return libbpf.bpf_map__map_flags(this.#alive());
  }

  set flags(flags: number) {
    this.#edit("flags", (map) => libbpf.bpf_map__set_map_flags(map, checkedCount("flags", flags)));
  }

  /** Memory node its memory comes from; needs `BPF_F_NUMA_NODE` in `flags`. */
  get numaNode(): number {
    return libbpf.bpf_map__numa_node(this.#alive());
  }

  set numaNode(node: number) {
    this.#edit("numa_node", (map) =>
      libbpf.bpf_map__set_numa_node(map, checkedCount("numa_node", node)),
    );
  }

  /** Whether `load()` creates it; programs that use a map which was not created do not load. */
  get autocreate(): boolean {
    return libbpf.bpf_map__autocreate(this.#alive());
  }

  set autocreate(on: boolean) {
    this.#edit("autocreate", (map) => libbpf.bpf_map__set_autocreate(map, on));
  }

  /** For a map of maps: a map like those it will hold. */
  setInnerMap(source: number | { readonly fd: number }): void {
    this.#edit("the inner map", (map) => libbpf.bpf_map__set_inner_map_fd(map, fdOf(source)));
  }

  /**
   * Uses an existing map instead of creating one, so that objects share it. Takes its own hold on
   * it. Refused if type, key size or value size differ.
   */
  reuse(source: number | { readonly fd: number }): void {
    const fd = fdOf(source);
    const other = mapInfo(fd);
    const { type, keySize, valueSize } = this;
    if (other.type !== type || other.keySize !== keySize || other.valueSize !== valueSize) {
      const say = (t: number, k: number, v: number): string =>
        `${mapTypeName(t)} with keys of ${k} and values of ${v} bytes`;
      throw new BpfError(
        `map "${this.name}" cannot reuse map "${other.name}": it is ${say(type, keySize, valueSize)}, the other ${say(other.type, other.keySize, other.valueSize)}`,
        { code: "EINVAL" },
      );
    }
    this.#edit("the map to reuse", (map) => libbpf.bpf_map__reuse_fd(map, fd));
  }

  /** Bytes of the section of global variables that this map holds. */
  readData(offset: number, size: number): Uint8Array {
    return readSection(this.#section(), offset, size);
  }

  /** Changes only these bytes, also while programs run. */
  writeData(offset: number, bytes: Uint8Array): void {
    writeSection(this.#section(), offset, bytes);
  }

  protected override types(): MapTypes | undefined {
    const { key, value } = this.#typeIds;
    return key || value ? { btf: this.#object.btf(), key, value } : undefined;
  }

  #section(): { name: string; map: Pointer; fd: number | undefined; size: number } {
    const map = this.#alive();
    const fd = this.#object.loaded() ? this.fd : undefined;
    return { name: this.name, map, fd, size: this.valueSize };
  }

  #edit(what: string, call: (map: Pointer) => number): void {
    this.#object.assertNotLoaded(`set ${what} of map "${this.name}"`);
    const { value, messages } = withMessages(() => call(this.#alive()));
    if (value < 0) {
      const said = messages.at(-1);
      throw BpfError.fromErrno(`cannot set ${what} of map "${this.name}"`, value, {
        messages,
        advice: said && `libbpf says: ${said}`,
      });
    }
    this.#typeIds = typeIds(this.#pointer);
    this.forgetTypes();
  }

  #alive(): Pointer {
    void this.#object.pointer;
    return this.#pointer;
  }
}

function typeIds(map: Pointer): { key: number; value: number } {
  return {
    key: libbpf.bpf_map__btf_key_type_id(map),
    value: libbpf.bpf_map__btf_value_type_id(map),
  };
}

function fdOf(source: number | { readonly fd: number }): number {
  return typeof source === "number" ? source : source.fd;
}
