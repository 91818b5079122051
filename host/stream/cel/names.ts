/**
 * The names in an expression, held against the types of events: CEL itself would find out only when
 * an event is tested, and an error there looks like no match.
 */
import type { Expr } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import { closest } from "../../suggest.js";
import { addressMethods, addressProblem, networkProblem } from "./addresses.js";

export interface KnownNames {
  readonly bodies: ReadonlyMap<string, DescMessage>;
  readonly enums: ReadonlyMap<string, DescEnum>;
}

export interface NameProblem {
  /** Number of the part of the expression that is wrong. */
  readonly id: bigint;
  readonly reason: string;
}

/** What is known of a value: a message, items of it, or anything else. */
type Shape =
  | { readonly kind: "message"; readonly message: DescMessage }
  | { readonly kind: "list"; readonly item: DescMessage | undefined }
  | { readonly kind: "any" };

/** The first wrong name, if there is one. */
export function nameProblem(expr: Expr, known: KnownNames): NameProblem | undefined {
  try {
    new Walk(known).shapeOf(expr, new Map(), 0);
    return undefined;
  } catch (error) {
    if (error instanceof Wrong) return error.problem;
    throw error;
  }
}

class Wrong extends Error {
  constructor(readonly problem: NameProblem) {
    super(problem.reason);
  }
}

class Walk {
  constructor(private readonly known: KnownNames) {}

  /** Goes through all of `expr`. `loops`: how many macros it stands in. */
  shapeOf(expr: Expr, locals: ReadonlyMap<string, Shape>, loops: number): Shape {
    const { id, exprKind: kind } = expr;
    const each = (part: Expr | undefined) => (part ? this.shapeOf(part, locals, loops) : any);
    switch (kind.case) {
      case "identExpr":
        return locals.get(kind.value.name) ?? this.#variable(id, kind.value.name);
      case "selectExpr": {
        if (this.#isEnumValue(expr, locals)) return any;
        return fieldOf(id, each(kind.value.operand), kind.value.field);
      }
      case "callExpr": {
        const { function: name, target, args } = kind.value;
        const of = each(target);
        const shapes = args.map(each);
        checkCall(id, name, args);
        const [first = of] = shapes;
        if (name === "_[_]" && first.kind === "list" && first.item)
          return { kind: "message", message: first.item };
        return any;
      }
      case "comprehensionExpr": {
        if (loops === mostLoops)
          throw new Wrong({ id, reason: `more than ${mostLoops} macros inside one another` });
        const { iterRange, iterVar, iterVar2, accuVar, accuInit, ...body } = kind.value;
        const range = each(iterRange);
        each(accuInit);
        const item: Shape =
          range.kind === "list" && range.item ? { kind: "message", message: range.item } : any;
        const inner = new Map([...locals, [accuVar, any], [iterVar, item]]);
        if (iterVar2) inner.set(iterVar, any).set(iterVar2, item);
        for (const part of [body.loopCondition, body.loopStep, body.result])
          if (part) this.shapeOf(part, inner, loops + 1);
        return any;
      }
      case "listExpr":
        for (const element of kind.value.elements) each(element);
        return any;
      case "structExpr":
        for (const { keyKind, value } of kind.value.entries) {
          if (keyKind.case === "mapKey") each(keyKind.value);
          each(value);
        }
        return any;
      default:
        return any;
    }
  }

  #variable(id: bigint, name: string): Shape {
    const message = this.known.bodies.get(name);
    if (message) return { kind: "message", message };
    if (typeNames.has(name)) return any;
    const names = [...this.known.bodies.keys()];
    throw new Wrong({
      id,
      reason: `there is no "${name}"${closest(name, names)}; there are ${names.join(", ")}`,
    });
  }

  /** `fgs.KprobeAction.KPROBE_ACTION_SIGKILL`. */
  #isEnumValue(expr: Expr, locals: ReadonlyMap<string, Shape>): boolean {
    const path = pathOf(expr);
    const [first, ...rest] = path ?? [];
    if (first !== "fgs" || locals.has(first)) return false;
    const value = rest.at(-1) ?? "";
    const type = this.known.enums.get(["fgs", ...rest.slice(0, -1)].join("."));
    const names = type?.values.map(({ name }) => name) ?? [];
    if (names.includes(value)) return true;
    const known = type ? names : [...this.known.enums.keys()];
    const wrong = type ? value : path?.slice(0, -1).join(".");
    throw new Wrong({
      id: expr.id,
      reason: `there is no ${type ? `value "${wrong}" in ${type.typeName}` : `enum "${wrong}"`}${closest(wrong ?? "", known)}`,
    });
  }
}

const any: Shape = { kind: "any" };
/** Each multiplies what an expression costs, for every event. */
const mostLoops = 2;

function pathOf({ exprKind }: Expr): string[] | undefined {
  if (exprKind.case === "identExpr") return [exprKind.value.name];
  if (exprKind.case !== "selectExpr" || !exprKind.value.operand) return undefined;
  const path = pathOf(exprKind.value.operand);
  return path && [...path, exprKind.value.field];
}

function fieldOf(id: bigint, shape: Shape, name: string): Shape {
  if (shape.kind !== "message") return any;
  const { message } = shape;
  // Times, wrappers and the like are values of their own in CEL.
  if (message.typeName.startsWith("google.protobuf.")) return any;
  const field = message.fields.find((each) => each.name === name);
  if (!field) {
    const names = message.fields.map((each) => each.name);
    throw new Wrong({
      id,
      reason: `${message.typeName} has no field "${name}"${closest(name, names)}`,
    });
  }
  if (field.fieldKind === "message") return { kind: "message", message: field.message };
  if (field.fieldKind === "list") return { kind: "list", item: field.message };
  return any;
}

function checkCall(id: bigint, name: string, args: readonly Expr[]): void {
  if (!functionNames.has(name) && /^[a-z]/i.test(name))
    throw new Wrong({
      id,
      reason: `there is no function "${name}"${closest(name, functionNames)}`,
    });
  const [first] = args;
  const literal = first?.exprKind.case === "constExpr" ? first.exprKind.value.constantKind : null;
  if (literal?.case !== "stringValue") return;
  const reason = literalChecks[name]?.(literal.value);
  if (reason !== undefined) throw new Wrong({ id: first?.id ?? id, reason });
}

const literalChecks: Readonly<Record<string, (text: string) => string | undefined>> = {
  cidr: networkProblem,
  containsCIDR: networkProblem,
  ip: addressProblem,
  containsIP: addressProblem,
};

const typeNames: ReadonlySet<string> = new Set(
  "bool int uint double string bytes list map type null_type".split(" "),
);
const functionNames: ReadonlySet<string> = new Set([
  ...typeNames,
  ..."size contains startsWith endsWith matches duration timestamp dyn has getDate".split(" "),
  ..."getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds".split(" "),
  ..."getMinutes getMonth getSeconds ip isIP cidr isCIDR".split(" "),
  ...addressMethods,
]);
