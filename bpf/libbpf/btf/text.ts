import type { Btf } from "./btf.js";
import { Kind } from "./kinds.js";
import { MAX_NESTING, malformed } from "./table.js";

/** The type in C, without a declared name: `const struct file *`, `char[16]`, `int (*)(void *)`. */
export function typeText(btf: Btf, id: number, depth = 0): string {
  const [before, after] = parts(btf, id, depth);
  return `${before}${after}`;
}

/** A declaration: `const struct file *file`, `char comm[16]`. */
export function declarationText(btf: Btf, id: number, name: string, depth = 0): string {
  const [before, after] = parts(btf, id, depth);
  const gap = /[*(]$/.test(before) ? "" : " ";
  return `${before}${gap}${name}${after}`;
}

const qualifiers: Readonly<Record<number, string>> = {
  [Kind.CONST]: "const",
  [Kind.VOLATILE]: "volatile",
  [Kind.RESTRICT]: "restrict",
};

/** What stands before and after the declared name. */
function parts(btf: Btf, id: number, depth: number): [before: string, after: string] {
  if (depth > MAX_NESTING) throw malformed("a type refers to itself");
  const type = btf.type(id);
  switch (type.kind) {
    case Kind.STRUCT:
      return [`struct ${type.name || "{...}"}`, ""];
    case Kind.UNION:
      return [`union ${type.name || "{...}"}`, ""];
    case Kind.ENUM:
    case Kind.ENUM64:
      return [`enum ${type.name || "{...}"}`, ""];
    case Kind.FWD:
      return [`${type.union ? "union" : "struct"} ${type.name}`, ""];
    case Kind.CONST:
    case Kind.VOLATILE:
    case Kind.RESTRICT: {
      const word = qualifiers[type.kind] ?? "";
      const [before, after] = parts(btf, type.target, depth + 1);
      // On a pointer the qualifier follows the star.
      return btf.type(type.target).kind === Kind.PTR
        ? [`${before}${word}`, after]
        : [`${word} ${before}`, after];
    }
    case Kind.TYPE_TAG:
      return parts(btf, type.target, depth + 1);
    case Kind.PTR: {
      const [before, after] = parts(btf, type.target, depth + 1);
      const target = throughTags(btf, type.target);
      if (target === Kind.FUNC_PROTO || target === Kind.ARRAY) return [`${before} (*`, `)${after}`];
      return [`${before}${before.endsWith("*") ? "" : " "}*`, after];
    }
    case Kind.ARRAY: {
      const [before, after] = parts(btf, type.element, depth + 1);
      return [before, `[${type.count || ""}]${after}`];
    }
    case Kind.FUNC_PROTO: {
      const list = type.parameters.map(({ name, type: parameter }, i) => {
        const variadic = parameter === 0 && name === "" && i === type.parameters.length - 1;
        if (variadic) return "...";
        return name
          ? declarationText(btf, parameter, name, depth + 1)
          : typeText(btf, parameter, depth + 1);
      });
      const [before, after] = parts(btf, type.returns, depth + 1);
      return [before, `(${list.join(", ") || "void"})${after}`];
    }
    case Kind.FUNC:
    case Kind.VAR:
      return parts(btf, type.target, depth + 1);
    default:
      return [type.name, ""];
  }
}

function throughTags(btf: Btf, id: number): number {
  let type = btf.type(id);
  for (let depth = 0; type.kind === Kind.TYPE_TAG && depth < MAX_NESTING; depth++) {
    type = btf.type(type.target);
  }
  return type.kind;
}
