/** `resolve: mm.owner.comm` and `f_path.dentry`, compiled to offsets through BTF. */
import { type Btf, Kind } from "../../../bpf/libbpf/index.js";
import { closest } from "../../suggest.js";
import { quoted } from "../document/problem.js";
import type { ArgumentType, ResolveStep } from "../hookSpec.js";
import { isInteger } from "../resolve/argumentTypes.js";
import { btfType, type CType } from "./cType.js";

export interface ResolvedPath {
  readonly steps: readonly ResolveStep[];
  /** What is found at the end. */
  readonly c: CType;
  readonly typeId: number;
}

/** Thrown with a sentence part that says which member is wrong. */
export class PathError extends Error {}

/** `typeId`: the structure that the value points to. Throws `PathError`. */
export function resolveMembers(btf: Btf, typeId: number, path: string): ResolvedPath {
  const parts = path.match(/[^.[\]]+|\[[^\]]*\]|[.[\]]/g) ?? [];
  const walk = new Walk(btf, typeId);
  let expectsName = true;
  for (const part of parts) {
    if (part === ".") {
      if (expectsName) throw new PathError(`${quoted(path)} has a dot without a name before it`);
      expectsName = true;
    } else if (part.startsWith("[")) walk.element(part);
    else {
      if (!expectsName)
        throw new PathError(`${quoted(path)}: expected a dot before ${quoted(part)}`);
      walk.member(part);
      expectsName = false;
    }
  }
  if (expectsName) throw new PathError(`${quoted(path)} ends without a member's name`);
  return walk.end();
}

/**
 * Where the last step ends depends on the type that is read there: an integer is read from the
 * place itself, a structure behind a pointer is what the pointer points to.
 */
export function stepsFor(path: ResolvedPath, type: ArgumentType): readonly ResolveStep[] {
  if (path.c.form !== "pointer" || isInteger(type)) return path.steps;
  return path.steps.map((step, index) =>
    index === path.steps.length - 1 ? { ...step, dereference: true } : step,
  );
}

class Walk {
  readonly #steps: { offset: number; dereference: boolean }[] = [];
  #where: string;

  constructor(
    readonly btf: Btf,
    private at: number,
  ) {
    this.#where = btf.text(at);
    this.#steps.push({ offset: 0, dereference: false });
  }

  member(name: string): void {
    const type = this.#reach();
    if (type.kind !== Kind.STRUCT && type.kind !== Kind.UNION) {
      throw new PathError(`${this.#where} has no members, so there is no ${quoted(name)} in it`);
    }
    const { members } = this.btf.struct(type.id);
    const found = members[name];
    if (found === undefined) {
      const names = Object.keys(members).filter((each) => !each.includes("."));
      throw new PathError(`${this.#where} has no member ${quoted(name)}${closest(name, names)}`);
    }
    if (found.bitSize !== undefined) {
      throw new PathError(
        `${quoted(name)} of ${this.#where} is a bit-field, which cannot be read so`,
      );
    }
    this.#move(found.offset, found.typeId);
  }

  element(text: string): void {
    const index = /^\[(\d{1,6})\]$/.exec(text)?.[1];
    if (index === undefined) throw new PathError(`${text} is no index: a number in brackets`);
    const type = this.btf.resolve(this.at);
    if (type.kind === Kind.ARRAY) {
      // An array of length 0 is as long as whoever allocated it says.
      if (type.count > 0 && Number(index) >= type.count) {
        throw new PathError(`${this.#where} has ${type.count} elements, there is no ${text}`);
      }
      this.#move(Number(index) * this.btf.sizeOf(type.element), type.element);
      return;
    }
    if (type.kind !== Kind.PTR) throw new PathError(`${this.#where} is no array`);
    this.#last().dereference = true;
    this.#steps.push({ offset: 0, dereference: false });
    this.#move(Number(index) * this.#sizeOf(type.target), type.target);
  }

  end(): ResolvedPath {
    return { steps: this.#steps, c: btfType(this.btf, this.at), typeId: this.at };
  }

  /** Follows a pointer, so that members can be looked for. */
  #reach() {
    const type = this.btf.resolve(this.at);
    if (type.kind !== Kind.PTR) return type;
    this.#last().dereference = true;
    this.#steps.push({ offset: 0, dereference: false });
    this.at = type.target;
    this.#where = this.btf.text(this.at);
    return this.btf.resolve(this.at);
  }

  #move(offset: number, typeId: number): void {
    this.#last().offset += offset;
    this.at = typeId;
    this.#where = this.btf.text(typeId);
  }

  #last(): { offset: number; dereference: boolean } {
    return this.#steps.at(-1) as { offset: number; dereference: boolean };
  }

  #sizeOf(id: number): number {
    try {
      return this.btf.sizeOf(id);
    } catch {
      throw new PathError(`${this.#where} cannot be counted through`);
    }
  }
}
