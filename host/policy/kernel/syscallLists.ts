/** Lists of system calls and functions, and system calls by name. */
import { RE2JS } from "re2js";
import { closest } from "../../suggest.js";
import type { ListText } from "../document/document.js";
import { type Place, type Position, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import type { Context } from "../resolve/context.js";
import { isUnknown } from "./facts.js";
import { withoutPrefix } from "./syscalls/table.js";

const listPrefix = "list:";

/** `dups` of `list:dups`. */
export function listName(call: string): string | undefined {
  return call.startsWith(listPrefix) ? call.slice(listPrefix.length) : undefined;
}

export interface ListMembers {
  readonly areSyscalls: boolean;
  readonly names: readonly Located<string>[];
}

/** The functions of a list, as it or the kernel names them. */
export function membersOf(context: Context, name: string, at: Position, place: Place): ListMembers {
  const list = context.list(name);
  if (list === undefined) {
    const known = context.spec.lists.map((each) => each.name.value);
    return place.refuse(
      at,
      `there is no list ${quoted(name)} in this policy${closest(name, known)}`,
    );
  }
  const type = list.type?.value;
  if (type === "generated_syscalls") return generated(context, list, at, place, true);
  if (type === "generated_ftrace") return generated(context, list, at, place, false);
  if (list.values.length === 0) place.refuse(list.at, `the list ${quoted(name)} is empty`);
  return { areSyscalls: type === "syscalls", names: list.values };
}

function generated(
  { facts }: Context,
  list: ListText,
  at: Position,
  place: Place,
  areSyscalls: boolean,
): ListMembers {
  if (list.values.length > 0) {
    place.refuse(
      list.at,
      `the list ${quoted(list.name.value)} is generated: it takes a pattern, no values`,
    );
  }
  const pattern = list.pattern?.value;
  if (!areSyscalls && pattern === undefined) {
    place.refuse(
      list.at,
      "generated_ftrace needs a pattern: all functions of the kernel are too many",
    );
  }
  const found = areSyscalls
    ? facts.syscalls.numbers.keys()
    : traceable(facts.traceable(), at, place);
  const matches = matcher(list.pattern, place);
  const spellings = (name: string) =>
    areSyscalls ? [name, `sys_${name}`, `${facts.syscalls.prefix}${name}`] : [name];
  const names = [...found].filter((each) => spellings(each).some(matches));
  const unique = areSyscalls
    ? [...new Set(names.map((each) => facts.syscalls.functionOf(each)))]
    : names;
  if (unique.length === 0) {
    place.refuse(list.pattern?.at ?? list.at, `nothing matches ${quoted(pattern ?? "")}`);
  }
  return { areSyscalls, names: unique.map((value) => ({ value, at })) };
}

function traceable(
  names: ReadonlySet<string> | { readonly unknown: string },
  at: Position,
  place: Place,
): Iterable<string> {
  if (isUnknown(names)) {
    return place.refuse(at, `the list cannot be made here: ${names.unknown}`);
  }
  return names;
}

/** RE2: unanchored, and linear in time whatever the pattern is. */
function matcher(pattern: ListText["pattern"], place: Place): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  try {
    const compiled = RE2JS.compile(pattern.value);
    return (name) => compiled.matcher(name).find();
  } catch (error) {
    return place.refuse(
      pattern.at,
      `${quoted(pattern.value)} is no regular expression: ${(error as Error).message}`,
    );
  }
}

/** Numbers of `list:NAME`, `sys_write` or `write`; undefined: it is written as a number. */
export function syscallNumbers(
  context: Context,
  given: Located<string>,
  place: Place,
): bigint[] | undefined {
  if (/^[+-]?\d/.test(given.value)) return undefined;
  const list = listName(given.value);
  const names = list === undefined ? [given] : membersOf(context, list, given.at, place).names;
  return place.all(names, (each, at) => BigInt(syscallNumber(context, each, at)));
}

/** Throws if this machine's table has no such call. */
export function syscallNumber({ facts }: Context, given: Located<string>, place: Place): number {
  const { numbers } = facts.syscalls;
  const bare = withoutPrefix(given.value) ?? given.value;
  const number = numbers.get(bare);
  if (number !== undefined) return number;
  return place.refuse(
    given.at,
    `there is no system call ${quoted(given.value)} on ${facts.syscalls.architecture}${closest(bare, numbers.keys())}`,
  );
}
