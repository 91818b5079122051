import { readFileSync } from "node:fs";
import { BpfError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import { type BtfFunction, functionOf } from "./functions.js";
import { type BtfType, Kind, kindNames, type TypeOfKind } from "./kinds.js";
import { layoutOf, type StructLayout } from "./layout.js";
import { loadedBtf } from "./loaded.js";
import { parseType } from "./parse.js";
import { MAX_NESTING, malformed, TypeTable } from "./table.js";
import { typeText } from "./text.js";

const KERNEL_BTF = "/sys/kernel/btf";

/** BTF type information: of the kernel, of a kernel module, or of an eBPF object. Immutable. */
export class Btf {
  readonly #table: TypeTable;
  readonly #parsed = new Map<number, BtfType>();
  readonly #byName = new Map<string, BtfType[]>();

  /** From raw BTF bytes; a split BTF (a kernel module's) needs the one it builds on. */
  constructor(
    bytes: Uint8Array,
    readonly base?: Btf,
  ) {
    this.#table = new TypeTable(bytes, base ? base.typeCount + 1 : 1, base ? base.stringsEnd : 0);
  }

  /** The running kernel's own. Read once per thread. */
  static kernel(): Btf {
    kernel ??= new Btf(readKernelBtf("vmlinux"));
    return kernel;
  }

  /** A loaded kernel module's, which includes the kernel's types. */
  static module(name: string): Btf {
    return new Btf(readKernelBtf(name), Btf.kernel());
  }

  /** A BTF that is loaded in the kernel, by its id; undefined if it is gone or we may not read it. */
  static byId(id: number): Btf | undefined {
    const bytes = loadedBtf(id);
    return bytes && new Btf(bytes);
  }

  /** The raw bytes, from which another thread can make its own. Do not write. */
  get bytes(): Uint8Array {
    return this.#table.bytes;
  }

  /** Highest type id. */
  get typeCount(): number {
    return this.#table.firstId + this.#table.count - 1;
  }

  /** Where the numbering of strings goes on for a split BTF on top of this one. */
  get stringsEnd(): number {
    return this.#table.stringBase + this.#table.strings.length;
  }

  /** Type by id; 0 is void. */
  type(id: number): BtfType {
    if (id === 0) return { id: 0, name: "void", kind: Kind.VOID };
    const table = this.#table;
    if (id < table.firstId && this.base) return this.base.type(id);
    const at = table.positions[id - table.firstId];
    if (at === undefined) {
      throw new BpfError(`there is no BTF type ${id}; the last one is ${this.typeCount}`, {
        code: "UNKNOWN_TYPE",
      });
    }
    let parsed = this.#parsed.get(id);
    if (!parsed) {
      parsed = parseType(table.view, at, id, (offset) => this.#string(offset));
      this.#parsed.set(id, parsed);
    }
    return parsed;
  }

  /** Types of this name, of any of these kinds (none: of every kind). */
  all<K extends Kind>(name: string, ...kinds: K[]): TypeOfKind<K>[] {
    let found = this.#byName.get(name);
    if (!found) {
      found = name === "" ? [] : this.#search(name);
      this.#byName.set(name, found);
    }
    const wanted = kinds as Kind[];
    return (
      wanted.length === 0 ? found : found.filter((type) => wanted.includes(type.kind))
    ) as TypeOfKind<K>[];
  }

  /** The first type of this name and of any of these kinds. */
  find<K extends Kind>(name: string, ...kinds: K[]): TypeOfKind<K> | undefined {
    return this.all(name, ...kinds)[0];
  }

  /** As `find`, but throws, naming the nearest spelling. */
  get<K extends Kind>(name: string, ...kinds: K[]): TypeOfKind<K> {
    const found = this.find(name, ...kinds);
    if (found) return found;
    const what = kinds.map((kind) => kindNames[kind]).join(" or ") || "type";
    throw new BpfError(
      `BTF has no ${what} named "${name}"${didYouMean(name, this.names("", ...kinds))}`,
      { code: "UNKNOWN_NAME" },
    );
  }

  /** Names that begin with `prefix`, of these kinds (none: of every kind). May repeat a name. */
  *names(prefix: string, ...kinds: Kind[]): Generator<string> {
    if (this.base) yield* this.base.names(prefix, ...kinds);
    const table = this.#table;
    const wanted = Buffer.from(prefix);
    for (let i = 0; i < table.count; i++) {
      const offset = table.nameOffsets[i] ?? 0;
      if (offset === 0) continue;
      if (kinds.length > 0 && !kinds.includes(table.kinds[i] as Kind)) continue;
      const start = offset - table.stringBase;
      if (start >= 0 && !startsWith(table.strings, start, wanted)) continue;
      const name = this.#string(offset);
      if (start >= 0 || name.startsWith(prefix)) yield name;
    }
  }

  /** What a chain of typedef, const, volatile, restrict and type tags stands for. */
  resolve(id: number): BtfType {
    let type = this.type(id);
    let steps = 0;
    while (
      type.kind === Kind.TYPEDEF ||
      type.kind === Kind.CONST ||
      type.kind === Kind.VOLATILE ||
      type.kind === Kind.RESTRICT ||
      type.kind === Kind.TYPE_TAG
    ) {
      if (++steps > MAX_NESTING) throw malformed("a type refers to itself");
      type = this.type(type.target);
    }
    return type;
  }

  /** Bytes of a value of the type; throws for types without a size (void, functions, forward declarations). */
  sizeOf(id: number, depth = 0): number {
    if (depth > MAX_NESTING) throw malformed("an array contains itself");
    const type = this.resolve(id);
    switch (type.kind) {
      case Kind.INT:
      case Kind.FLOAT:
      case Kind.STRUCT:
      case Kind.UNION:
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.DATASEC:
        return type.size;
      case Kind.PTR:
        return 8;
      case Kind.ARRAY:
        return type.count === 0 ? 0 : type.count * this.sizeOf(type.element, depth + 1);
      case Kind.VAR:
        return this.sizeOf(type.target, depth + 1);
      default:
        throw new BpfError(`${this.text(id)} has no size`, { code: "NO_SIZE" });
    }
  }

  /** The type in C: `const struct file *`, `char[16]`. */
  text(id: number): string {
    return typeText(this, id);
  }

  /** Size and flattened members of a struct or union, by name (typedefs too) or type id. */
  struct(nameOrId: string | number): StructLayout {
    if (typeof nameOrId === "number") return layoutOf(this, nameOrId);
    return layoutOf(this, this.get(nameOrId, Kind.STRUCT, Kind.UNION, Kind.TYPEDEF).id);
  }

  /** Enumerators of an enum (typedefs too) by name. */
  enum(nameOrId: string | number): Readonly<Record<string, number | bigint>> {
    const id =
      typeof nameOrId === "number"
        ? nameOrId
        : this.get(nameOrId, Kind.ENUM, Kind.ENUM64, Kind.TYPEDEF).id;
    const type = this.resolve(id);
    if (type.kind !== Kind.ENUM && type.kind !== Kind.ENUM64) {
      throw new BpfError(`${this.text(id)} is no enum`, { code: "WRONG_KIND" });
    }
    return Object.fromEntries(type.values.map(({ name, value }) => [name, value]));
  }

  /** Prototype of a function; undefined if BTF has none of that name. */
  function(name: string): BtfFunction | undefined {
    const found = this.find(name, Kind.FUNC);
    return found && functionOf(this, found);
  }

  #search(name: string): BtfType[] {
    const found = this.base ? [...this.base.all(name)] : [];
    const table = this.#table;
    // A split BTF may use a name of its base's.
    const offsets = this.#offsetsOf(name);
    if (offsets.length === 0) return found;
    if (offsets.length === 1) {
      const [only = 0] = offsets;
      for (
        let i = table.nameOffsets.indexOf(only);
        i >= 0;
        i = table.nameOffsets.indexOf(only, i + 1)
      ) {
        found.push(this.type(table.firstId + i));
      }
      return found;
    }
    const wanted = new Set(offsets);
    table.nameOffsets.forEach((offset, i) => {
      if (wanted.has(offset)) found.push(this.type(table.firstId + i));
    });
    return found;
  }

  #offsetsOf(name: string): number[] {
    return [...(this.base ? this.base.#offsetsOf(name) : []), ...this.#table.offsetsOf(name)];
  }

  #string(offset: number): string {
    const { stringBase, strings } = this.#table;
    if (offset < stringBase) return this.base ? this.base.#string(offset) : "";
    const start = offset - stringBase;
    const end = strings.indexOf(0, start);
    return strings.toString("utf8", start, end < 0 ? strings.length : end);
  }
}

function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  const end = at + wanted.length;
  return end <= bytes.length && bytes.compare(wanted, 0, wanted.length, at, end) === 0;
}

let kernel: Btf | undefined;

function readKernelBtf(name: string): Buffer {
  try {
    return readFileSync(`${KERNEL_BTF}/${name}`);
  } catch (cause) {
    const kernelItself = name === "vmlinux";
    throw new BpfError(
      kernelItself
        ? `this kernel offers no BTF (${KERNEL_BTF}/vmlinux cannot be read); it needs one built with CONFIG_DEBUG_INFO_BTF=y`
        : `there is no BTF for the kernel module "${name}" in ${KERNEL_BTF}; is it loaded?`,
      { code: "NO_BTF", cause },
    );
  }
}
