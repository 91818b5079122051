/** `fgs.FieldFilter` messages, whose paths have names, into masks of field numbers. */
import type protobuf from "protobufjs";
import { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import { messageType, protobufjs } from "../json/schema.js";
import type { FieldMask, FieldMasks } from "../stream/fieldMask.js";
import { nearest } from "../suggest.js";

type FieldFilter = fgs.FieldFilter.$Properties;

/**
 * The masks for each type of event; undefined if nothing is left out. A field is kept if every
 * INCLUDE filter that applies names it and no EXCLUDE filter does. Throws `INVALID_ARGUMENT`, naming
 * the field.
 */
export function toFieldMasks(filters: readonly FieldFilter[]): FieldMasks | undefined {
  // The descriptors are read when the first stream asks for fields.
  if (filters.length === 0) return undefined;
  const rules = filters.map((filter, i) => toRule(filter, `field_filters[${i}]`));
  const masks = eventKinds().flatMap(({ field, type }) => {
    const trees = rules.flatMap(({ applies, isInclude, paths }) => {
      if (!applies.includes(type) || paths.length === 0) return [];
      return [{ isInclude, fields: treeOf(type, paths) }];
    });
    return trees.length === 0 ? [] : [[field, combine(trees)] as const];
  });
  return masks.length === 0 ? undefined : masks;
}

interface EventKind {
  /** Its number in `fgs.GetEventsResponse`. */
  readonly field: number;
  readonly eventType: fgs.EventType;
  readonly type: protobuf.Type;
}

let kinds: readonly EventKind[] | undefined;

/** In the order of the field numbers. */
function eventKinds(): readonly EventKind[] {
  kinds ??= (messageType("fgs.GetEventsResponse").oneofs.event?.fieldsArray ?? [])
    .map((field) => ({
      field: field.id,
      eventType: fgs.EventType[field.name.toUpperCase() as keyof typeof fgs.EventType],
      type: field.resolve().resolvedType as protobuf.Type,
    }))
    .sort((a, b) => a.field - b.field);
  return kinds;
}

interface Rule {
  /** The types of what the events hold. */
  readonly applies: readonly protobuf.Type[];
  readonly isInclude: boolean;
  readonly paths: readonly string[];
}

function toRule(filter: FieldFilter, place: string): Rule {
  const { event_set, fields, action, invert_event_set } = filter;
  const applies = appliesTo(event_set ?? [], invert_event_set?.value ?? false, place);
  const paths = fields?.paths ?? [];
  if (action && action !== fgs.FieldFilterAction.EXCLUDE) {
    throw invalid(`${place}.action: Unknown FieldFilterAction ${action}`);
  }
  // Of a type that has no such field, nothing is named.
  paths.forEach((path, i) => {
    checkPath(path, applies, `${place}.fields.paths[${i}]`);
  });
  return { applies, isInclude: action !== fgs.FieldFilterAction.EXCLUDE, paths };
}

function appliesTo(
  eventSet: readonly fgs.EventType[],
  isInverted: boolean,
  place: string,
): protobuf.Type[] {
  eventSet.forEach((wanted, i) => {
    if (eventKinds().some(({ eventType }) => eventType === wanted)) return;
    const name = wanted === fgs.EventType.UNDEF ? "UNDEF" : wanted;
    throw invalid(`${place}.event_set[${i}]: Unknown EventType ${name}`);
  });
  const isIn = ({ eventType }: EventKind) => eventSet.includes(eventType) !== isInverted;
  const found = eventSet.length === 0 ? eventKinds() : eventKinds().filter(isIn);
  if (found.length > 0) return found.map(({ type }) => type);
  throw invalid(`${place}.event_set: no event type is left when it is inverted`);
}

/** One of the types must have the field. */
function checkPath(path: string, types: readonly protobuf.Type[], place: string): void {
  let holders: readonly protobuf.Type[] = types;
  for (const [i, name] of path.split(".").entries()) {
    const known = holders.flatMap(({ fieldsArray }) => fieldsArray.map((field) => field.name));
    if (!known.includes(name)) {
      const names = [...new Set(holders.map((type) => type.name))];
      const owner = i === 0 && names.length > 1 ? "no event" : `${names.join(" or ")}`;
      throw invalid(`${place}: ${missing(name, owner, known)}`);
    }
    const fields = holders.flatMap((type) => type.fields[name] ?? []);
    const next = fields.flatMap((field) => innerType(field) ?? []);
    holders = [...new Set(next)];
    if (holders.length === 0 && i < path.split(".").length - 1) {
      const whole = path.split(".").slice(0, i + 1);
      throw invalid(`${place}: "${whole.join(".")}" has no fields of its own`);
    }
  }
}

function missing(name: string, owner: string, known: readonly string[]): string {
  const found = nearest(name, known);
  const hint = found === undefined ? `; known are ${[...new Set(known)].join(", ")}` : "";
  const question = found === undefined ? "" : `. Did you mean ${found}?`;
  const subject = owner === "no event" ? "no event has a" : `${owner} has no`;
  return `${subject} field "${name}"${question}${hint}`;
}

/** The message type to go on in; undefined for a scalar and a map. */
function innerType(field: protobuf.Field): protobuf.Type | undefined {
  const { resolvedType } = field.resolve();
  const { MapField, Type } = protobufjs();
  const isMessage = resolvedType instanceof Type && !(field instanceof MapField);
  return isMessage ? resolvedType : undefined;
}

/** Field numbers: the whole field, or what of it. */
type Tree = Map<number, "all" | Tree>;

function treeOf(type: protobuf.Type, paths: readonly string[]): Tree {
  const tree: Tree = new Map();
  for (const path of paths) addPath(tree, type, path.split("."));
  return tree;
}

function addPath(tree: Tree, type: protobuf.Type, [name = "", ...rest]: readonly string[]): void {
  const field = type.fields[name];
  if (field === undefined) return;
  const present = tree.get(field.id);
  if (present === "all") return;
  if (rest.length === 0) {
    tree.set(field.id, "all");
    return;
  }
  const inner = innerType(field);
  if (inner === undefined) return;
  const part: Tree = present ?? new Map();
  addPath(part, inner, rest);
  if (part.size > 0) tree.set(field.id, part);
}

interface Rules {
  readonly isInclude: boolean;
  readonly fields: Tree;
}

/** What all rules leave of a message. */
function combine(rules: readonly Rules[]): FieldMask {
  const numbers = [...new Set(rules.flatMap(({ fields }) => [...fields.keys()]))];
  return {
    others: rules.every(({ isInclude }) => !isInclude),
    fields: numbers.sort((a, b) => a - b).map((number) => [number, combineField(rules, number)]),
  };
}

function combineField(rules: readonly Rules[], number: number): boolean | FieldMask {
  const inner: Rules[] = [];
  for (const { isInclude, fields } of rules) {
    const part = fields.get(number);
    if (part === undefined ? isInclude : part === "all" && !isInclude) return false;
    if (part !== undefined && part !== "all") inner.push({ isInclude, fields: part });
  }
  return inner.length === 0 ? true : combine(inner);
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
