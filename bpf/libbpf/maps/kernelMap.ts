import { Btf } from "../btf/btf.js";
import { BpfError } from "../errors.js";
import { checkedCount, checkedText } from "../native/check.js";
import { Handle } from "../native/handle.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";
import { NativeStruct } from "../native/struct.js";
import { BpfMap, type MapCodecs, type MapTypes } from "./bpfMap.js";
import { type MapInfo, mapInfo } from "./info.js";
import { mapTypeName } from "./types.js";

export interface CreateMapOptions {
  /** A number of `MapType`. */
  readonly type: number;
  /** At most 15 characters: letters, digits, `_` and `.`. */
  readonly name?: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  /** Entries; of a ring buffer, bytes. */
  readonly maxEntries: number;
  /** `BPF_F_...` flags. */
  readonly flags?: number;
  readonly numaNode?: number;
  /** For maps of maps: a map like those it will hold. */
  readonly inner?: number | { readonly fd: number };
}

const F_NUMA_NODE = 1 << 2;

/** A map of the kernel that no object of this thread owns: made here, or known by its descriptor. */
export class KernelMap<K = unknown, V = unknown> extends BpfMap<K, V> {
  override readonly name: string;
  readonly #handle: Handle;
  readonly #info: MapInfo;
  #btf: Btf | undefined;

  /** Makes a map. */
  static create<K = Uint8Array, V = Uint8Array>(
    options: CreateMapOptions,
    codecs: MapCodecs<K, V> = {},
  ): KernelMap<K, V> {
    const { type, name = "", keySize, valueSize, maxEntries, inner, numaNode } = options;
    if (name !== "") checkedText("the map's name", name);
    for (const each of ["type", "keySize", "valueSize", "maxEntries"] as const) {
      checkedCount(each, options[each]);
    }
    const flags = (options.flags ?? 0) | (numaNode === undefined ? 0 : F_NUMA_NODE);
    const opts = NativeStruct.options(48).u32(28, flags);
    if (inner !== undefined) opts.u32(24, typeof inner === "number" ? inner : inner.fd);
    if (numaNode !== undefined) opts.u32(40, numaNode);
    const { value: fd } = withMessages(() =>
      libbpf.bpf_map_create(type, name, keySize, valueSize, maxEntries, opts.bytes),
    );
    if (fd < 0) {
      throw BpfError.fromErrno(`cannot create map "${name}" of type ${mapTypeName(type)}`, fd);
    }
    return new KernelMap(new Handle(`map "${name}"`, BigInt(fd), "close"), codecs);
  }

  /**
   * The map behind a descriptor, from whichever thread it comes. Takes a duplicate, so the
   * descriptor stays the caller's. Keys and values are typed if the kernel has the map's BTF and
   * lets us read it (CAP_SYS_ADMIN), else bytes.
   */
  static from<K = unknown, V = unknown>(
    source: number | { readonly fd: number },
    codecs: MapCodecs<K, V> = {},
  ): KernelMap<K, V> {
    const fd = typeof source === "number" ? source : source.fd;
    return new KernelMap(Handle.duplicate(`map of fd ${fd}`, fd), codecs);
  }

  private constructor(handle: Handle, codecs: MapCodecs<K, V>) {
    super(codecs);
    this.#handle = handle;
    try {
      this.#info = mapInfo(handle.fd);
    } catch (error) {
      handle.close();
      throw error;
    }
    this.name = this.#info.name;
  }

  override get fd(): number {
    return this.#handle.fd;
  }

  override get type(): number {
    return this.#info.type;
  }

  override get keySize(): number {
    return this.#info.keySize;
  }

  override get valueSize(): number {
    return this.#info.valueSize;
  }

  override get maxEntries(): number {
    return this.#info.maxEntries;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** Lets go of the map; it lives on while others hold it. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }

  protected override types(): MapTypes | undefined {
    const { btfId, btfKeyTypeId, btfValueTypeId } = this.#info;
    if (btfId === 0) return undefined;
    this.#btf ??= Btf.byId(btfId);
    return this.#btf && { btf: this.#btf, key: btfKeyTypeId, value: btfValueTypeId };
  }
}
