import type { Btf } from "../btf/btf.js";
import { type Codec, codecOf } from "../btf/codec.js";
import { bytesCodec } from "../btf/codecArray.js";
import { BpfError } from "../errors.js";
import { describeErrno } from "../native/errno.js";
import { libbpf } from "../native/libbpf.js";
import { descriptorCodec } from "./descriptorCodec.js";
import { type MapInfo, mapInfo } from "./info.js";
import { rawEntries } from "./iterate.js";
import { perCpuCodec } from "./perCpu.js";
import type { RawEntry, RawMap } from "./rawMap.js";
import { holdsDescriptors, isPerCpu, mapTypeName } from "./types.js";

/** Whether an update may create an entry, replace one, or both. */
export type UpdateMode = "any" | "create" | "replace";

const modes: Readonly<Record<UpdateMode, number>> = { any: 0, create: 1, replace: 2 };

/** BTF and the type ids of a map's key and value in it; 0: not described. */
export interface MapTypes {
  readonly btf: Btf;
  readonly key: number;
  readonly value: number;
}

/** Codecs to use instead of those that BTF gives. */
export interface MapCodecs<K, V> {
  readonly key?: Codec<K>;
  readonly value?: Codec<V>;
}

/**
 * Access to a map of the kernel.
 *
 * Keys and values are what `codecOf` makes of their BTF types, or bytes where BTF has none. Values
 * of per-CPU maps are arrays, one element for each possible CPU. Maps that hold programs, maps or
 * cgroups take a descriptor (or something with `fd`) and give an id. Queues and stacks have no key:
 * give undefined.
 */
export abstract class BpfMap<K = unknown, V = unknown> {
  abstract readonly name: string;
  /** Its descriptor in the kernel. */
  abstract get fd(): number;
  /** A number of `MapType`. */
  abstract get type(): number;
  /** Bytes. */
  abstract get keySize(): number;
  /** Bytes; of a per-CPU map, for one CPU. */
  abstract get valueSize(): number;
  /** Entries; of a ring buffer, bytes. */
  abstract get maxEntries(): number;
  protected abstract types(): MapTypes | undefined;

  #codecs: { readonly key: Codec<K>; readonly value: Codec<V> } | undefined;

  constructor(protected readonly given: MapCodecs<K, V> = {}) {}

  /** How keys look in memory. */
  get keyCodec(): Codec<K> {
    return this.#typed().key;
  }

  /** How values look in memory; of a per-CPU map, those of all CPUs. */
  get valueCodec(): Codec<V> {
    return this.#typed().value;
  }

  /** The value of `key`, or undefined if there is none. */
  lookup(key: K): V | undefined {
    const value = this.#room();
    const result = libbpf.bpf_map_lookup_elem_flags(this.fd, this.#key(key), value, 0);
    return this.#found("look up an entry of", result, value);
  }

  /** Removes the entry and returns its value, or undefined if there was none. Of a queue or stack: the next one. */
  take(key: K): V | undefined {
    const value = this.#room();
    const result = libbpf.bpf_map_lookup_and_delete_elem(this.fd, this.#key(key), value);
    return this.#found("take an entry of", result, value);
  }

  /** Sets the value of `key`. Throws `EEXIST` or `ENOENT` if the mode forbids it, `E2BIG` if the map is full. */
  update(key: K, value: V, mode: UpdateMode = "any"): void {
    const bytes = this.#encode(this.valueCodec, value, "value");
    const result = libbpf.bpf_map_update_elem(this.fd, this.#key(key), bytes, modes[mode]);
    if (result < 0) throw this.#error("update", result, updateAdvice);
  }

  /** Removes the entry; false if there was none. */
  delete(key: K): boolean {
    const result = libbpf.bpf_map_delete_elem(this.fd, this.#key(key));
    if (result === 0) return true;
    if (isMissing(result)) return false;
    throw this.#error("delete an entry of", result);
  }

  /** Removes every entry, those added meanwhile perhaps not. */
  clear(): void {
    for (const { key } of rawEntries(this.#raw(), "keys")) {
      const result = libbpf.bpf_map_delete_elem(this.fd, key);
      if (result < 0 && !isMissing(result)) throw this.#error("clear", result);
    }
  }

  /**
   * Keys and values. While others change the map: an entry that is there all the time comes once,
   * no entry comes twice, one that is added or deleted meanwhile may come or not. The loop's own
   * body may update and delete.
   */
  *entries(): Generator<[K, V]> {
    const { key, value } = this.#typed();
    for (const entry of rawEntries(this.#raw(), "entries")) {
      if (entry.value) yield [key.read(viewOf(entry.key), 0), value.read(viewOf(entry.value), 0)];
    }
  }

  /** As `entries`, keys only. */
  *keys(): Generator<K> {
    const { keyCodec } = this;
    for (const { key } of rawEntries(this.#raw(), "keys")) yield keyCodec.read(viewOf(key), 0);
  }

  /** As `entries`, as bytes: of a per-CPU map, the values of all CPUs, each padded to 8 bytes. */
  rawEntries(): Generator<RawEntry> {
    return rawEntries(this.#raw(), "entries");
  }

  [Symbol.iterator](): Generator<[K, V]> {
    return this.entries();
  }

  /** Makes the map constant for user space; programs can still write to it. */
  freeze(): void {
    const result = libbpf.bpf_map_freeze(this.fd);
    if (result < 0) throw this.#error("freeze", result);
  }

  /** What the kernel tells of it. */
  info(): MapInfo {
    return mapInfo(this.fd);
  }

  /** Has the codecs made anew: sizes or types have changed. */
  protected forgetTypes(): void {
    this.#codecs = undefined;
  }

  #typed(): { readonly key: Codec<K>; readonly value: Codec<V> } {
    this.#codecs ??= {
      key: this.given.key ?? (this.#described("key", this.keySize) as Codec<K>),
      value: this.given.value ?? (this.#valueCodec() as Codec<V>),
    };
    return this.#codecs;
  }

  #valueCodec(): Codec {
    const { type } = this;
    if (holdsDescriptors(type)) return descriptorCodec;
    const one = this.#described("value", this.valueSize);
    return isPerCpu(type) ? perCpuCodec(one) : one;
  }

  #described(which: "key" | "value", size: number): Codec {
    const types = this.types();
    if (!types?.[which]) return bytesCodec(size);
    const codec = codecOf(types.btf, types[which]);
    return codec.size === size ? codec : bytesCodec(size);
  }

  #raw(): RawMap {
    return {
      name: this.name,
      fd: this.fd,
      keySize: this.keySize,
      valueBytes: this.valueCodec.size,
      maxEntries: this.maxEntries,
    };
  }

  #room(): Uint8Array {
    return new Uint8Array(this.valueCodec.size);
  }

  #key(key: K): Uint8Array | null {
    return this.keySize === 0 ? null : this.#encode(this.keyCodec, key, "key");
  }

  #encode<T>(codec: Codec<T>, value: T, what: string): Uint8Array {
    const bytes = new Uint8Array(codec.size);
    codec.write(viewOf(bytes), 0, value, `${what} of map "${this.name}"`);
    return bytes;
  }

  #found(what: string, result: number, value: Uint8Array): V | undefined {
    if (result === 0) return this.valueCodec.read(viewOf(value), 0);
    if (isMissing(result)) return undefined;
    throw this.#error(what, result);
  }

  #error(what: string, errno: number, advice: Readonly<Record<string, string>> = {}): BpfError {
    const code = describeErrno(errno).name;
    const kind = `a map of type ${mapTypeName(this.type)} does not offer this`;
    return BpfError.fromErrno(`cannot ${what} map "${this.name}"`, errno, {
      advice: advice[code] ?? (unsupported.has(code) ? kind : undefined),
    });
  }
}

const updateAdvice: Readonly<Record<string, string>> = {
  E2BIG: "the map is full, or the index is beyond max_entries",
  EPERM: "the map is frozen or read-only, or CAP_BPF is missing",
};
const unsupported = new Set(["EINVAL", "EOPNOTSUPP", "ENOTSUPP"]);

function isMissing(errno: number): boolean {
  return describeErrno(errno).name === "ENOENT";
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
