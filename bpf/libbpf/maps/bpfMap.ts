import type { Btf } from "../btf/btf.js";
import { type Codec, codecOf } from "../btf/codec.js";
import { bytesCodec } from "../btf/codecArray.js";
import { BpfError } from "../errors.js";
import { describeErrno } from "../native/errno.js";
import { libbpf } from "../native/libbpf.js";

/** Whether an update may create an entry, replace one, or both. */
export type UpdateMode = "any" | "create" | "replace";
const modes: Readonly<Record<UpdateMode, number>> = { any: 0, create: 1, replace: 2 };

/** Access to a map of the kernel. Keys and values are typed as BTF says, or bytes. */
export abstract class BpfMap {
  abstract readonly name: string;
  abstract get fd(): number;
  abstract get type(): number;
  abstract get keySize(): number;
  abstract get valueSize(): number;
  abstract get maxEntries(): number;
  protected abstract typeIds(): { btf: Btf; key: number; value: number };

  #key: Codec | undefined;
  #value: Codec | undefined;

  /** The value of `key`, or undefined if there is none. */
  lookup(key: unknown): unknown {
    const value = Buffer.alloc(this.value.size);
    const result = libbpf.bpf_map_lookup_elem_flags(
      this.fd,
      this.#encode(this.key, key, "key"),
      value,
      0,
    );
    if (result < 0) {
      if (describeErrno(result).name === "ENOENT") return undefined;
      throw BpfError.fromErrno(`cannot look up in map "${this.name}"`, result);
    }
    return this.value.read(new DataView(value.buffer, value.byteOffset, value.length), 0);
  }

  update(key: unknown, value: unknown, mode: UpdateMode = "any"): void {
    const result = libbpf.bpf_map_update_elem(
      this.fd,
      this.#encode(this.key, key, "key"),
      this.#encode(this.value, value, "value"),
      modes[mode],
    );
    if (result < 0) throw BpfError.fromErrno(`cannot update map "${this.name}"`, result);
  }

  get key(): Codec {
    this.#key ??= this.#codec("key", this.keySize);
    return this.#key;
  }

  get value(): Codec {
    this.#value ??= this.#codec("value", this.valueSize);
    return this.#value;
  }

  #codec(which: "key" | "value", size: number): Codec {
    const ids = this.typeIds();
    return ids[which] === 0 ? bytesCodec(size) : codecOf(ids.btf, ids[which]);
  }

  #encode(codec: Codec, value: unknown, what: string): Uint8Array {
    const bytes = new Uint8Array(codec.size);
    codec.write(new DataView(bytes.buffer), 0, value, `${what} of map "${this.name}"`);
    return bytes;
  }
}
