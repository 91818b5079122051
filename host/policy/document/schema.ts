/** Small readers out of which the schema of the language is put together: strict, and each with its reason. */
import { closest } from "../../suggest.js";
import type { MapNode, Node } from "./node.js";
import { type Place, type Position, quoted } from "./problem.js";

export type Read<Result> = (node: Node, place: Place) => Result;

export interface Located<Value> {
  readonly value: Value;
  readonly at: Position;
}

/** A field of a mapping. */
export interface Field<Value> {
  readonly read: (node: Node | undefined, place: Place, map: MapNode) => Value;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What reading a mapping of such fields gives. */
export type ObjectOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer Value> ? Value : never;
} & { readonly at: Position };

/** A mapping with these fields and no others. `what` names it in errors: "a selector". */
export function object<F extends Fields>(what: string, fields: F): Read<ObjectOf<F>> {
  const known = Object.keys(fields);
  return (node, place) => {
    if (node.kind !== "map") {
      return place.refuse(node.at, `${what} is a mapping of fields, not ${shown(node)}`);
    }
    const before = place.problems.length;
    for (const [name, { at }] of node.fields) {
      if (known.includes(name)) continue;
      place.note(
        at,
        `unknown field ${quoted(name)}; known: ${known.join(", ")}${closest(name, known)}`,
      );
    }
    const result: Record<string, unknown> = { at: node.at };
    for (const name of known) {
      const given = node.fields.get(name)?.node;
      const isGiven = given !== undefined && !(given.kind === "scalar" && given.value === null);
      const value = place.attempt(() =>
        fields[name]?.read(isGiven ? given : undefined, place.in(name), node),
      );
      result[name] = value;
    }
    place.leaveIfBroken(before);
    return result as ObjectOf<F>;
  };
}

/** Must be there. `why` says what it is for. */
export const required = <Value>(read: Read<Value>, why: string): Field<Value> => ({
  read: (node, place, map) =>
    node === undefined ? place.refuse(map.at, `this is missing: ${why}`) : read(node, place),
});

export const optional = <Value>(read: Read<Value>): Field<Value | undefined> => ({
  read: (node, place) => (node === undefined ? undefined : read(node, place)),
});

export const withDefault = <Value>(read: Read<Value>, value: Value): Field<Value> => ({
  read: (node, place) => (node === undefined ? value : read(node, place)),
});

/** Part of the language, but not of guidestar: refused if it asks for anything. */
export const unsupported = (why: string): Field<undefined> => ({
  read: (node, place) => {
    if (node === undefined || asksNothing(node)) return undefined;
    return place.refuse(node.at, `guidestar does not support this: ${why}`);
  },
});

function asksNothing(node: Node): boolean {
  if (node.kind === "list") return node.items.length === 0;
  return node.kind === "scalar" && (node.value === false || node.value === "");
}

export function list<Item>(what: string, item: Read<Item>, most = 1000): Read<readonly Item[]> {
  return (node, place) => {
    if (node.kind !== "list") {
      return place.refuse(node.at, `this is a list of ${what}, not ${shown(node)}`);
    }
    if (node.items.length > most) {
      return place.refuse(
        node.at,
        `${node.items.length} ${what} are too many; ${most} are the most`,
      );
    }
    return place.all(node.items, item);
  };
}

/** A mapping whose keys are names that the policy chooses. */
export function dictionary<Value>(
  what: string,
  read: Read<Value>,
): Read<ReadonlyMap<string, Located<Value>>> {
  return (node, place) => {
    if (node.kind !== "map") {
      return place.refuse(node.at, `this is a mapping of ${what}, not ${shown(node)}`);
    }
    const entries = [...node.fields];
    const values = place.all(entries, ([name, { node: value, at }]) => {
      return [name, { value: read(value, place.in(name)), at }] as const;
    });
    return new Map(values);
  };
}

export function located<Value>(read: Read<Value>): Read<Located<Value>> {
  return (node, place) => ({ value: read(node, place), at: node.at });
}

/** What stands there, in few words. */
export function shown(node: Node): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a mapping";
  if (node.value === null) return "nothing";
  return typeof node.value === "string"
    ? `the text ${quoted(node.value)}`
    : quoted(node.text).slice(1, -1);
}
