/** What a policy says of which calls match, as it is written; what the values mean depends on the hook. */

import { argumentOperators } from "../resolve/operators.js";
import { anyText, flag, integer, isNone, text } from "./scalars.js";
import {
  type Located,
  list,
  located,
  object,
  optional,
  type Read,
  required,
  unsupported,
  withDefault,
} from "./schema.js";

const mostValues = 4096;

/** An operator of the language, whatever the case of its letters. */
function operator<Name extends string>(names: readonly Name[]): Read<Name> {
  return (node, place) => {
    const given = text(64)(node, place);
    const found = names.find((name) => name.toLowerCase() === given.toLowerCase());
    if (found !== undefined) return found;
    return place.refuse(node.at, `Unknown op '${given.slice(0, 64)}': ${isNone(given, names)}`);
  };
}

const inOrNot = required(located(operator(["In", "NotIn"])), "In or NotIn");
const values = required(
  located(list("values", located(anyText), mostValues)),
  "what to compare with",
);

/** At least one. */
const someValues = {
  read: (...given: Parameters<typeof values.read>) => {
    const [, place] = given;
    const read = values.read(...given);
    if (read.value.length === 0) place.refuse(read.at, "this needs at least one value");
    return read;
  },
};

const pids = object("a pid filter", {
  operator: inOrNot,
  values: required(
    located(list("pids", located(integer(0, 0xffff_ffff)), mostValues)),
    "the process ids to match",
  ),
  isNamespacePID: withDefault(flag, false),
  followForks: withDefault(flag, false),
});

const binaries = object("a binary filter", {
  operator: required(
    located(
      operator([
        "In",
        "NotIn",
        "Equal",
        "NotEqual",
        "Prefix",
        "NotPrefix",
        "Postfix",
        "NotPostfix",
      ]),
    ),
    "how to compare the path of the binary",
  ),
  values: someValues,
  followChildren: withDefault(flag, false),
});

const argumentFilter = object("an argument filter", {
  index: optional(located(integer(0, 64))),
  args: optional(located(list("argument indexes", located(integer(0, 64)), 1))),
  operator: required(located(operator(argumentOperators)), "how to compare the argument"),
  values: withDefault<Located<readonly Located<string>[]> | undefined>(
    located(list("values", located(anyText), mostValues)),
    undefined,
  ),
});
export type ArgumentFilterText = ReturnType<typeof argumentFilter>;

const namespaces = object("a namespace filter", {
  namespace: required(located(text(64)), "the kind of namespace, such as Pid"),
  operator: inOrNot,
  values: someValues,
});

const namespaceChanges = object("a filter on namespace changes", {
  operator: inOrNot,
  values: someValues,
});

const capabilities = object("a capability filter", {
  type: optional(located(text(64))),
  operator: inOrNot,
  isNamespaceCapability: withDefault(flag, false),
  values: someValues,
});
export type CapabilityFilterText = ReturnType<typeof capabilities>;

const action = object("an action", {
  action: required(located(text(64)), "what to do, such as Post or Sigkill"),
  argFd: optional(located(integer(0, 0xffff_ffff))),
  argName: optional(located(integer(0, 0xffff_ffff))),
  argError: optional(located(integer(-0x8000_0000, 0x7fff_ffff))),
  argSig: optional(located(integer(0, 0xffff_ffff))),
  argSock: optional(located(integer(0, 0xffff_ffff))),
  argUrl: optional(located(anyText)),
  argFqdn: optional(located(anyText)),
  argIndex: unsupported("it belongs to the action Set of USDT probes"),
  argValue: unsupported("it belongs to the action Set of USDT probes"),
  rateLimit: optional(located(text(32))),
  rateLimitScope: optional(located(text(32))),
  kernelStackTrace: withDefault(flag, false),
  userStackTrace: withDefault(flag, false),
  imaHash: unsupported("it does not ask the kernel's integrity measurement for hashes"),
});
export type ActionText = ReturnType<typeof action>;

const filters = {
  matchPIDs: withDefault(list("pid filters", pids, 32), []),
  matchBinaries: withDefault(list("binary filters", binaries, 32), []),
  matchArgs: withDefault(list("argument filters", argumentFilter, 64), []),
  matchReturnArgs: withDefault(list("return filters", argumentFilter, 64), []),
  matchNamespaces: withDefault(list("namespace filters", namespaces, 32), []),
  matchNamespaceChanges: withDefault(list("namespace filters", namespaceChanges, 32), []),
  matchCapabilities: withDefault(list("capability filters", capabilities, 32), []),
  matchCapabilityChanges: withDefault(list("capability filters", capabilities, 32), []),
  matchActions: withDefault(list("actions", action, 16), []),
  matchReturnActions: withDefault(list("actions", action, 16), []),
  matchData: unsupported("filter an argument of the call with matchArgs"),
  matchParentBinaries: unsupported(
    "use matchBinaries with followChildren, which matches children of any depth",
  ),
  matchCurrentCred: unsupported("use matchCapabilities"),
  matchWorkloads: unsupported("use podSelector and containerSelector of the policy"),
};

/** A part of a selector that the policy names, to use it in several. */
export const macro = object("a selector macro", filters);

export const selector = object("a selector", {
  macros: withDefault(list("names of macros", located(text(128)), 64), []),
  ...filters,
});
export type SelectorText = ReturnType<typeof selector>;
export type MacroText = ReturnType<typeof macro>;
