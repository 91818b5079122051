/** Values that strings, buffers and paths are compared with. */

import { type Place, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import { limits } from "./limits.js";

/**
 * A NUL at the end, as `\0` in double quotes or as the two characters, was how `Equal` was asked
 * for once; it is not part of what is compared.
 */
export function textValue(
  kind: "equal" | "prefix" | "postfix",
  given: Located<string>,
  place: Place,
): Uint8Array {
  const bare = given.value.replace(/(?:\0|\\0)$/, "");
  if (bare !== given.value && kind === "prefix") {
    place.refuse(given.at, `${quoted(given.value)}: a prefix has no end; use Equal`);
  }
  if (bare.includes("\0")) place.refuse(given.at, `${quoted(given.value)} has a NUL inside`);
  const bytes = new TextEncoder().encode(bare);
  const most = limits[`${kind}Text`];
  if (bytes.length > most) {
    const why = `${most} are the most that ${kind} compares`;
    place.refuse(given.at, `${quoted(bare)} has ${bytes.length} bytes; ${why}`);
  }
  if (bytes.length === 0 && kind !== "equal") {
    place.refuse(given.at, `an empty ${kind} matches everything: leave the filter out`);
  }
  return bytes;
}
