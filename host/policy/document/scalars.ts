/** Readers for single values. */
import { closest } from "../../suggest.js";
import type { Node } from "./node.js";
import { type Place, quoted } from "./problem.js";
import { type Read, shown } from "./schema.js";

/** Text that is not empty. Unquoted numbers and the like count as they are written. */
export function text(most = 4096): Read<string> {
  return (node, place) => {
    const value = textOf(node, place);
    if (value === "") return place.refuse(node.at, "this must not be empty");
    if (Buffer.byteLength(value) > most) {
      return place.refuse(
        node.at,
        `${quoted(value)} has ${Buffer.byteLength(value)} bytes; ${most} are the most`,
      );
    }
    return value;
  };
}

/** As `text`, but the empty one is a value, too. */
export const anyText: Read<string> = (node, place) => textOf(node, place);

function textOf(node: Node, place: Place): string {
  if (node.kind !== "scalar" || node.value === null) {
    return place.refuse(node.at, `this must be text, not ${shown(node)}`);
  }
  return node.text;
}

/** A name that is given as text, not as a number. */
export const properText: Read<string> = (node, place) => {
  if (node.kind === "scalar" && typeof node.value === "string") return text()(node, place);
  return place.refuse(node.at, `this must be text, not ${shown(node)}`);
};

export const flag: Read<boolean> = (node, place) => {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  return place.refuse(node.at, `this must be true or false, not ${shown(node)}`);
};

/** Both included. */
export function integer(from: number, to: number): Read<number> {
  return (node, place) => {
    const value = node.kind === "scalar" ? node.value : undefined;
    const fits = typeof value === "bigint" && value >= BigInt(from) && value <= BigInt(to);
    if (fits) return Number(value);
    return place.refuse(
      node.at,
      `this must be a whole number from ${from} to ${to}, not ${shown(node)}`,
    );
  };
}

/** One of these names, letters' case included. */
export function oneOf<Name extends string>(names: readonly Name[]): Read<Name> {
  return (node, place) => {
    const value = textOf(node, place);
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    return place.refuse(node.at, isNone(value, names));
  };
}

/** `"x" is none of a, b, c (did you mean "b"?)` */
export function isNone(value: string, names: readonly string[]): string {
  return `${quoted(value)} is none of ${names.join(", ")}${closest(value, names)}`;
}
