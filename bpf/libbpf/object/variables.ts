import type { Btf } from "../btf/btf.js";
import { type Codec, codecOf } from "../btf/codec.js";
import { Kind } from "../btf/kinds.js";
import { stepInto } from "../btf/path.js";
import { BpfError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import type { ObjectContext } from "./context.js";
import type { ObjectMap } from "./objectMap.js";

/** A global variable of an object. */
export interface Variable {
  readonly name: string;
  /** `.rodata`, `.data`, `.bss`, or one of those with a suffix. */
  readonly section: string;
  /** Bytes. */
  readonly size: number;
  /** The type in C. */
  readonly type: string;
  /** Constant once the object is loaded. */
  readonly readOnly: boolean;
}

interface Place extends Variable {
  readonly map: ObjectMap;
  readonly offset: number;
  readonly typeId: number;
}

/**
 * The global variables of an object, by their C names. Before `load()` they are initial values;
 * after it, `.data` and `.bss` are those the running programs use, and `.rodata` cannot be set.
 * A path reaches into structs and arrays: `config.limits[2].bytes`.
 */
export class Variables implements Iterable<Variable> {
  readonly #maps: readonly ObjectMap[];
  readonly #object: ObjectContext;
  #places: ReadonlyMap<string, Place> | undefined;

  constructor(maps: readonly ObjectMap[], object: ObjectContext) {
    this.#maps = maps;
    this.#object = object;
  }

  has(name: string): boolean {
    return this.#all().has(name);
  }

  *[Symbol.iterator](): Generator<Variable> {
    for (const { name, section, size, type, readOnly } of this.#all().values()) {
      yield { name, section, size, type, readOnly };
    }
  }

  /** Reads a variable, or a part of one. */
  get(path: string): unknown {
    const { place, codec, offset } = this.#find(path);
    const bytes = place.map.readData(place.offset + offset, codec.size);
    return codec.read(viewOf(bytes), 0);
  }

  /**
   * Sets a variable, or a part of one. Values are checked against the type; of a struct only the
   * members given are changed. See `codecOf` for how C types look in JavaScript.
   */
  set(path: string, value: unknown): void {
    const { place, codec, offset } = this.#find(path);
    this.#assertWritable(place);
    const bytes = place.map.readData(place.offset + offset, codec.size);
    codec.write(viewOf(bytes), 0, value, path);
    place.map.writeData(place.offset + offset, bytes);
  }

  /** Sets several at once: all are checked before the first is set. */
  setAll(values: Readonly<Record<string, unknown>>): void {
    const changed = new Map<Place, Uint8Array>();
    const parts = Object.entries(values).map(([path, value]) => {
      const { place, codec, offset } = this.#find(path);
      this.#assertWritable(place);
      const bytes = changed.get(place) ?? place.map.readData(place.offset, place.size);
      changed.set(place, bytes);
      codec.write(viewOf(bytes), offset, value, path);
      return { place, offset, bytes: bytes.subarray(offset, offset + codec.size) };
    });
    // What else is in a variable may be changed by programs that run.
    for (const { place, offset, bytes } of parts) place.map.writeData(place.offset + offset, bytes);
  }

  #assertWritable(place: Place): void {
    if (!place.readOnly || !this.#object.loaded()) return;
    throw new BpfError(
      `variable "${place.name}" is in ${place.section}, which is constant once the object is loaded: set it before load()`,
      { code: "WRONG_STATE" },
    );
  }

  #find(path: string): { place: Place; codec: Codec; offset: number } {
    void this.#object.pointer;
    const name = /^[^.[]*/.exec(path)?.[0] ?? "";
    const place = this.#all().get(name);
    if (!place) {
      const names = [...this.#all().keys()];
      throw new BpfError(
        `the object has no variable "${name}"${didYouMean(name, names)}; it has ${names.join(", ") || "none"}`,
        { code: "UNKNOWN_NAME" },
      );
    }
    const btf = this.#object.btf();
    const { typeId, offset } = stepInto(btf, place.typeId, path.slice(name.length), name);
    return { place, codec: codecOf(btf, typeId), offset };
  }

  #all(): ReadonlyMap<string, Place> {
    this.#places ??= new Map(places(this.#object.btf(), this.#maps));
    return this.#places;
  }
}

function* places(btf: Btf, maps: readonly ObjectMap[]): Generator<[string, Place]> {
  const all = declared.get(btf) ?? [...variablesOf(btf)];
  declared.set(btf, all);
  for (const variable of all) {
    const map = maps.find((each) => each.isData && each.name.endsWith(variable.section));
    if (map) yield [variable.name, { ...variable, map }];
  }
}

/** Objects that are opened from one file again and again have their types in common. */
const declared = new WeakMap<Btf, readonly Omit<Place, "map">[]>();

function* variablesOf(btf: Btf): Generator<Omit<Place, "map">> {
  for (const section of btf.names(".", Kind.DATASEC)) {
    if (!/^\.(rodata|data|bss)/.test(section)) continue;
    for (const { type, offset, size } of btf.get(section, Kind.DATASEC).variables) {
      const variable = btf.type(type);
      if (variable.kind !== Kind.VAR) continue;
      const { name, target: typeId } = variable;
      const readOnly = section.startsWith(".rodata");
      yield { name, section, size, type: btf.text(typeId), readOnly, offset, typeId };
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
