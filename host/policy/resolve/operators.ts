/** The operators of argument filters: what they compare, and for which classes of types. */
import type { ArgumentClass } from "./argumentTypes.js";

export type ValueKind =
  | "equal"
  | "prefix"
  | "postfix"
  | "greater"
  | "less"
  | "mask"
  | "range"
  | "map"
  | "address"
  | "port"
  | "privilegedPort"
  | "protocol"
  | "family"
  | "state"
  | "fileType"
  | "capabilitiesGained"
  | "unsupported";

export interface Operator {
  readonly kind: ValueKind;
  readonly negated: boolean;
  readonly side?: "source" | "destination";
  /** Classes of types it can be used with. */
  readonly classes: readonly ArgumentClass[];
  /** Of an unsupported one: why. */
  readonly why?: string;
}

const texts: readonly ArgumentClass[] = ["text", "bytes", "path"];
const sockets: readonly ArgumentClass[] = ["socket", "address"];
const onInteger: readonly ArgumentClass[] = ["integer"];

const op = (
  kind: ValueKind,
  classes: readonly ArgumentClass[],
  negated = false,
  side?: "source" | "destination",
): Operator => ({ kind, classes, negated, ...(side === undefined ? {} : { side }) });
const not = (why: string): Operator => ({ kind: "unsupported", classes: [], negated: false, why });

const byName = {
  Equal: op("equal", ["integer", ...texts]),
  eq: op("equal", ["integer", ...texts]),
  neq: op("equal", ["integer", ...texts], true),
  NotEqual: op("equal", ["integer", ...texts], true),
  Prefix: op("prefix", texts),
  NotPrefix: op("prefix", texts, true),
  Postfix: op("postfix", texts),
  NotPostfix: op("postfix", texts, true),
  GreaterThan: op("greater", onInteger),
  GT: op("greater", onInteger),
  LessThan: op("less", onInteger),
  LT: op("less", onInteger),
  Mask: op("mask", onInteger),
  InMap: op("map", onInteger),
  NotInMap: op("map", onInteger, true),
  InRange: op("range", onInteger),
  NotInRange: op("range", onInteger, true),
  SAddr: op("address", sockets, false, "source"),
  NotSAddr: op("address", sockets, true, "source"),
  DAddr: op("address", sockets, false, "destination"),
  NotDAddr: op("address", sockets, true, "destination"),
  SPort: op("port", sockets, false, "source"),
  NotSPort: op("port", sockets, true, "source"),
  DPort: op("port", sockets, false, "destination"),
  NotDPort: op("port", sockets, true, "destination"),
  SPortPriv: op("privilegedPort", sockets, false, "source"),
  NotSPortPriv: op("privilegedPort", sockets, true, "source"),
  DPortPriv: op("privilegedPort", sockets, false, "destination"),
  NotDPortPriv: op("privilegedPort", sockets, true, "destination"),
  Protocol: op("protocol", ["socket"]),
  NotProtocol: op("protocol", ["socket"], true),
  Family: op("family", sockets),
  NotFamily: op("family", sockets, true),
  State: op("state", ["socket"]),
  NotState: op("state", ["socket"], true),
  FileType: op("fileType", ["path"]),
  NotFileType: op("fileType", ["path"], true),
  CapabilitiesGained: op("capabilitiesGained", ["capabilities", "credentials"]),
  SubString: not("use Prefix or Postfix, or filter in a plugin"),
  SubStringIgnCase: not("use Prefix or Postfix, or filter in a plugin"),
  CelExpr: not("filter in a plugin"),
} satisfies Readonly<Record<string, Operator>>;

export type ArgumentOperator = keyof typeof byName;

export const argumentOperators = Object.keys(byName) as ArgumentOperator[];

export function operatorNamed(name: ArgumentOperator): Operator {
  return byName[name];
}

/** Operators that a class of types can be compared with, for messages. */
export function operatorsFor(kind: ArgumentClass): readonly string[] {
  return argumentOperators.filter((name) => operatorNamed(name).classes.includes(kind));
}
