/** `--capabilities [SET:][MATCH:]NAMES`, such as `permitted:all:CAP_NET_RAW,CAP_NET_ADMIN`. */
import { fgs } from "../../../proto/generated/api.js";
import { capabilityMatches, capabilitySets } from "../../stream/filterSpec.js";
import { didYouMean } from "../../suggest.js";
import { UsageError } from "../exit.js";

type Filter = fgs.CapFilter.$Properties;

/** Several values are about several sets, or all about one. Throws a `UsageError`. */
export function capabilityFilter(texts: readonly string[]): Filter {
  const filter: Filter = {};
  for (const text of texts) {
    const words = text.split(":").map((word) => word.trim());
    const names = words.pop() ?? "";
    const set = oneOf(capabilitySets, words) ?? "effective";
    const match = oneOf(capabilityMatches, words) ?? "any";
    if (words.length > 0) throw unknownWord(words[0] ?? "");
    const of = filter[set] ?? {};
    of[match] = [...(of[match] ?? []), ...names.split(",").map(capability)];
    filter[set] = of;
  }
  return filter;
}

/** Takes the first word if it is one of the names. */
function oneOf<Name extends string>(names: readonly Name[], words: string[]): Name | undefined {
  const name = names.find((known) => known === words[0]?.toLowerCase());
  if (name !== undefined) words.shift();
  return name;
}

function unknownWord(word: string): UsageError {
  const known = [...capabilitySets, ...capabilityMatches];
  return new UsageError(
    `--capabilities takes [SET:][MATCH:]NAMES; '${word}' is neither a set (${capabilitySets.join(", ")}) nor a match (${capabilityMatches.join(", ")}).${didYouMean(word, known)}`,
  );
}

const numbers = new Map(
  Object.entries(fgs.CapabilitiesType)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number")
    // In the API one of them lacks what all others begin with.
    .map(([name, number]) => [name.startsWith("CAP_") ? name : `CAP_${name}`, number] as const),
);

function capability(text: string): fgs.CapabilitiesType {
  const upper = text.trim().toUpperCase();
  const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  const number = numbers.get(name);
  if (number !== undefined) return number as fgs.CapabilitiesType;
  throw new UsageError(
    `--capabilities: there is no capability '${text.trim()}'.${didYouMean(name, numbers.keys())}`,
  );
}
