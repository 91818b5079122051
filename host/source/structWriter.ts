/** Writes structs of the kernel programs by the offsets that their object's BTF gives. */
import type { FieldLayout, RecordLayout, StructLayout } from "./source.js";

export function structOf(layout: RecordLayout, name: string): StructLayout {
  const struct = layout.structs[name];
  if (struct === undefined) throw new Error(`the record layout has no struct ${name}`);
  return struct;
}

export function fieldOf(struct: StructLayout, structName: string, name: string): FieldLayout {
  const field = struct.fields[name];
  if (field === undefined) throw new Error(`struct ${structName} has no field ${name}`);
  return field;
}

export function enumOf(layout: RecordLayout, name: string, enumerator: string): number {
  const value = layout.enums[name]?.[enumerator];
  if (value === undefined)
    throw new Error(`the record layout has no ${enumerator} in enum ${name}`);
  return value;
}

/** Fields of one struct, into bytes that have room for it. */
export class StructWriter {
  readonly #view: DataView;

  constructor(
    bytes: Uint8Array,
    readonly struct: StructLayout,
    readonly name: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  set(name: string, value: number | bigint): void {
    const { offset, size } = fieldOf(this.struct, this.name, name);
    this.#put(offset, size, value);
  }

  /** An array; the size of its elements follows from their number. */
  setAll(name: string, values: readonly number[]): void {
    const { offset, size } = fieldOf(this.struct, this.name, name);
    const each = size / values.length;
    for (const [index, value] of values.entries()) this.#put(offset + index * each, each, value);
  }

  /** Bytes as they are, at most as many as there is room for; `atEnd`: the last of that room. */
  setBytes(name: string, bytes: Uint8Array, { atEnd = false } = {}): void {
    const { offset, size } = fieldOf(this.struct, this.name, name);
    if (bytes.length > size) throw new Error(`${name} has ${size} bytes, not ${bytes.length}`);
    const at = this.#view.byteOffset + offset + (atEnd ? size - bytes.length : 0);
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }

  #put(offset: number, size: number, value: number | bigint): void {
    if (size === 8) this.#view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    else if (size === 4) this.#view.setUint32(offset, Number(value), true);
    else if (size === 2) this.#view.setUint16(offset, Number(value), true);
    else if (size === 1) this.#view.setUint8(offset, Number(value));
    else throw new Error(`struct ${this.name} has a field of ${size} bytes at ${offset}`);
  }
}
