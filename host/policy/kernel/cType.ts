/** C types of parameters and fields, and which types of the language can read them. */
import { type Btf, Kind } from "../../../bpf/libbpf/index.js";
import type { ArgumentType } from "../hookSpec.js";
import { argumentTypes } from "../resolve/argumentTypes.js";
import type { TracepointField } from "./facts.js";

export interface CType {
  /** As messages show it. */
  readonly text: string;
  readonly form: "integer" | "pointer" | "array" | "record" | "void" | "other";
  /** Of integers and enums. */
  readonly size?: number;
  readonly signed?: boolean;
  readonly isBool?: boolean;
  readonly isSizeT?: boolean;
  /** What a pointer points to, what an array holds, what a record is called; "" if it has no name. */
  readonly of?: string;
  /** A pointer that BTF marks as one to user memory. */
  readonly user?: boolean;
  /** Of a tracepoint: a __data_loc word. */
  readonly dataLoc?: boolean;
}

export function btfType(btf: Btf, id: number): CType {
  const text = btf.text(id);
  const type = btf.resolve(id);
  switch (type.kind) {
    case Kind.INT:
      return {
        text,
        form: "integer",
        size: type.size,
        signed: type.encoding === "signed",
        isBool: type.encoding === "bool",
        isSizeT: isNamed(btf, id, "size_t"),
      };
    case Kind.ENUM:
    case Kind.ENUM64:
      return { text, form: "integer", size: type.size, signed: type.signed };
    case Kind.PTR:
      return { text, form: "pointer", ...target(btf, type.target) };
    case Kind.ARRAY:
      return { text, form: "array", of: nameOf(btf, type.element) };
    case Kind.STRUCT:
    case Kind.UNION:
      return { text, form: "record", of: nameOf(btf, id) };
    case Kind.VOID:
      return { text, form: "void" };
    default:
      return { text, form: "other" };
  }
}

function target(btf: Btf, id: number): Pick<CType, "of" | "user"> {
  const first = btf.type(id);
  const user = first.kind === Kind.TYPE_TAG && first.name === "user";
  return { of: nameOf(btf, id), ...(user ? { user } : {}) };
}

/** Plain characters are `char`, whatever their signs. */
function nameOf(btf: Btf, id: number): string {
  const type = btf.resolve(id);
  if (type.kind === Kind.VOID) return "void";
  if (type.kind === Kind.INT && type.size === 1) return "char";
  if (isNamed(btf, id, "kernel_cap_t")) return "kernel_cap_t";
  return type.name;
}

function isNamed(btf: Btf, id: number, name: string): boolean {
  let type = btf.type(id);
  for (let steps = 0; steps < 32; steps++) {
    if (type.name === name) return true;
    if (!("target" in type) || type.kind === Kind.PTR) return false;
    type = btf.type(type.target);
  }
  return false;
}

export function fieldType(field: TracepointField): CType {
  const { type: text, size, signed } = field;
  const words = text.replace(/\b(const|volatile|struct|union|enum|__user)\b/g, " ");
  const plain = words.replace(/\s+/g, " ").trim();
  if (/^__(rel_)?(data|str)_?loc\b/.test(plain)) {
    const of = /char/.test(plain) ? "char" : "other";
    return { text, form: "array", of, dataLoc: true };
  }
  const array = /^(.*?)\s*\[.*\]$/.exec(plain);
  if (array !== null) {
    const of = /^(un|)signed char$|^char$|^u8$|^__u8$/.test(array[1] ?? "") ? "char" : array[1];
    return { text, form: "array", of: of ?? "" };
  }
  if (plain.endsWith("*")) {
    return { text, form: "pointer", of: plain.slice(0, -1).trim(), ...userOf(text) };
  }
  if (![1, 2, 4, 8].includes(size)) return { text, form: "record", of: plain };
  const isSizeT = plain === "size_t";
  return { text, form: "integer", size, signed, isBool: plain === "bool", isSizeT };
}

function userOf(text: string): Pick<CType, "user"> {
  return /\b__user\b/.test(text) ? { user: true } : {};
}

/** Whether an argument of the type can be read from such a value; else why not. */
export function mismatch(type: ArgumentType, c: CType): string | undefined {
  const facts = argumentTypes[type];
  if (facts.c.length === 0) return undefined;
  if (facts.c.includes("integer")) {
    // The number of a pointer is its address.
    if (c.form === "pointer" && facts.size === 8) return undefined;
    if (c.form !== "integer") return `${type} needs an integer`;
    const wide = facts.size ?? 4;
    if (wide === 8 && c.size !== undefined && c.size < 8) {
      return `${type} has 8 bytes, of which it fills ${c.size} only`;
    }
    return undefined;
  }
  if (facts.c.some((wanted) => fits(wanted, c))) return undefined;
  return `${type} needs ${facts.c.join(" or ")}`;
}

function fits(wanted: string, c: CType): boolean {
  if (c.form === "pointer" && c.of === "void") return wanted.endsWith("*") || wanted === "pointer";
  if (wanted === "pointer") return c.form === "pointer";
  if (wanted === "array") return c.form === "array";
  if (wanted === "char[]") return c.form === "array" && c.of === "char";
  if (wanted === "kernel_cap_t") {
    return (c.form === "pointer" || c.form === "record") && c.of === wanted;
  }
  return c.form === "pointer" && `${c.of} *` === wanted;
}

/** What `auto` makes of it; undefined: nothing. */
export function autoType(c: CType): ArgumentType | undefined {
  if (c.form === "integer") return autoInteger(c);
  if (c.form === "pointer" && c.of === "void") return undefined;
  if (c.form === "array") return c.of === "char" ? "string" : "char_buf";
  const names = Object.keys(argumentTypes) as ArgumentType[];
  const own = names.filter(
    (name) => !["bytes", "capabilities"].includes(argumentTypes[name].class),
  );
  const found = own.find((name) => argumentTypes[name].c.some((wanted) => fits(wanted, c)));
  if (found !== undefined) return found;
  const other = names.find((name) => argumentTypes[name].c.some((wanted) => fits(wanted, c)));
  return other === "char_buf" ? undefined : other;
}

function autoInteger(c: CType): ArgumentType {
  if (c.isBool) return "bool";
  if (c.isSizeT) return "size_t";
  const bits = (c.size ?? 4) * 8;
  return `${c.signed ? "s" : "u"}${bits}` as ArgumentType;
}
