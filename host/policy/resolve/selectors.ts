/** Selectors: macros put in, names turned into numbers. */
import { closest } from "../../suggest.js";
import { capabilityNames, namespaceIndexes } from "../document/names.js";
import { type Place, quoted } from "../document/problem.js";
import { isNone } from "../document/scalars.js";
import type { Located } from "../document/schema.js";
import type { CapabilityFilterText, MacroText, SelectorText } from "../document/selectors.js";
import type {
  ActionSpec,
  ArgumentSpec,
  BinaryFilter,
  CapabilityFilter,
  SelectorSpec,
} from "../hookSpec.js";
import { isUnknown } from "../kernel/facts.js";
import type { Signature } from "../kernel/signature.js";
import { resolveAction } from "./actions.js";
import { type Context, leaveUnchecked } from "./context.js";
import { resolveArgumentFilter, resolveReturnFilter } from "./filters.js";
import { limits } from "./limits.js";
import { parseInteger } from "./numbers.js";
import { textValue } from "./textValues.js";

export interface HookArguments {
  readonly args: readonly ArgumentSpec[];
  readonly returned?: ArgumentSpec;
}

export function resolveSelectors(
  context: Context,
  signature: Signature,
  hook: HookArguments,
  selectors: readonly SelectorText[],
  place: Place,
): SelectorSpec[] {
  return place.all(selectors, (text, at) =>
    resolveSelector(context, signature, hook, withMacros(context, text, at), at),
  );
}

/** The filters of all macros that it names are its own, too. */
function withMacros({ spec }: Context, text: SelectorText, place: Place): MacroText {
  const macros = place.in("macros").all(text.macros, ({ value, at }, here) => {
    const found = spec.selectorsMacros.get(value);
    if (found !== undefined) return found.value;
    const known = [...spec.selectorsMacros.keys()];
    return here.refuse(
      at,
      `there is no macro ${quoted(value)} in selectorsMacros${closest(value, known)}`,
    );
  });
  const all = [text, ...macros];
  const join = <Item>(pick: (each: MacroText) => readonly Item[]) => all.flatMap(pick);
  return {
    ...text,
    matchPIDs: join((each) => each.matchPIDs),
    matchBinaries: join((each) => each.matchBinaries),
    matchArgs: join((each) => each.matchArgs),
    matchReturnArgs: join((each) => each.matchReturnArgs),
    matchNamespaces: join((each) => each.matchNamespaces),
    matchNamespaceChanges: join((each) => each.matchNamespaceChanges),
    matchCapabilities: join((each) => each.matchCapabilities),
    matchCapabilityChanges: join((each) => each.matchCapabilityChanges),
    matchActions: join((each) => each.matchActions),
    matchReturnActions: join((each) => each.matchReturnActions),
  };
}

function resolveSelector(
  context: Context,
  signature: Signature,
  { args, returned }: HookArguments,
  text: MacroText,
  place: Place,
): SelectorSpec {
  const before = place.problems.length;
  const part = <Item, Result>(
    name: keyof typeof limits & `match${string}`,
    items: readonly Item[],
    read: (item: Item, at: Place) => Result,
  ): Result[] => {
    const most = limits[name];
    if (items.length <= most) return place.attempt(() => place.in(name).all(items, read)) ?? [];
    place.in(name).note(text.at, `${items.length} entries are too many; ${most} are the most`);
    return [];
  };

  const actions = (name: "matchActions" | "matchReturnActions") =>
    place.attempt(() =>
      place.in(name).all(text[name], (each, at) => resolveAction(signature, args, each, at)),
    ) ?? [];

  const selector = {
    pids: part("matchPIDs", text.matchPIDs, (each, at) => {
      if (each.values.value.length === 0) at.refuse(each.values.at, "this needs at least one pid");
      return {
        negated: each.operator.value === "NotIn",
        values: each.values.value.map(({ value }) => value),
        followForks: each.followForks,
        namespaced: each.isNamespacePID,
      };
    }),
    binaries: part("matchBinaries", text.matchBinaries, binaryFilter),
    args: part("matchArgs", text.matchArgs, (each, at) =>
      resolveArgumentFilter(context, args, each, at),
    ),
    returnArgs: part("matchReturnArgs", text.matchReturnArgs, (each, at) =>
      resolveReturnFilter(context, returned, each, at),
    ),
    namespaces: part("matchNamespaces", text.matchNamespaces, (each, at) => {
      const namespace = namespaceOf(each.namespace, at.in("namespace"));
      const values = at
        .in("values")
        .all(each.values.value, (value, here) => namespaceValue(context, namespace, value, here));
      return { namespace, negated: each.operator.value === "NotIn", values };
    }),
    namespaceChanges: part("matchNamespaceChanges", text.matchNamespaceChanges, (each, at) => ({
      negated: each.operator.value === "NotIn",
      namespaces: at.in("values").all(each.values.value, namespaceOf),
    })),
    capabilities: part("matchCapabilities", text.matchCapabilities, capabilityFilter),
    capabilityChanges: part(
      "matchCapabilityChanges",
      text.matchCapabilityChanges,
      capabilityFilter,
    ),
    actions: actions("matchActions"),
    returnActions: actions("matchReturnActions"),
  };
  checkActions(text, selector.actions, "matchActions", place);
  checkActions(text, selector.returnActions, "matchReturnActions", place);
  if (selector.returnActions.some(({ kind }) => kind !== "post" && kind !== "noPost")) {
    const why = "when a call returns, it can only be posted or not: use matchActions";
    place.in("matchReturnActions").note(text.at, why);
  }
  if (text.matchReturnActions.length > 0 && returned === undefined) {
    place.note(text.at, "matchReturnActions needs a hook with return: true and returnArg");
  }
  place.leaveIfBroken(before);
  return selector;
}

const fdActions: readonly ActionSpec["kind"][] = ["followFd", "unfollowFd", "copyFd"];

function checkActions(
  text: MacroText,
  actions: readonly ActionSpec[],
  name: string,
  place: Place,
): void {
  const has = (kind: ActionSpec["kind"]) => actions.some((each) => each.kind === kind);
  const twice = actions.find((each, index) =>
    actions.slice(0, index).some(({ kind }) => kind === each.kind && !fdActions.includes(kind)),
  );
  if (has("post") && has("noPost"))
    place.in(name).note(text.at, "Post and NoPost exclude each other");
  const onFds = actions.filter(({ kind }) => fdActions.includes(kind)).length;
  if (onFds > limits.fdActions) {
    place
      .in(name)
      .note(
        text.at,
        `${onFds} actions on descriptors are too many; ${limits.fdActions} are the most`,
      );
  }
  if (twice !== undefined) {
    place.in(name).note(text.at, `the action ${twice.kind} stands here twice`);
  }
}

const binaryMatches: Readonly<Record<string, BinaryFilter["match"]>> = {
  In: "equal",
  Equal: "equal",
  Prefix: "prefix",
  Postfix: "postfix",
};

function binaryFilter(text: MacroText["matchBinaries"][number], place: Place): BinaryFilter {
  const operator = text.operator.value;
  const negated = operator.startsWith("Not");
  const bare = negated ? operator.slice(3) : operator;
  const match = binaryMatches[bare] ?? "equal";
  const values = place.in("values").all(text.values.value, (value, at) => {
    if (value.value === "") at.refuse(value.at, "an empty path is no binary");
    return Buffer.from(textValue(match, value, at)).toString();
  });
  return { match, negated, values, followChildren: text.followChildren };
}

function namespaceOf({ value, at }: Located<string>, place: Place): number {
  const names = Object.keys(namespaceIndexes);
  const found = names.find((name) => name.toLowerCase() === value.toLowerCase());
  return found === undefined
    ? place.refuse(at, isNone(value, names))
    : (namespaceIndexes[found] ?? 0);
}

function namespaceValue(
  context: Context,
  namespace: number,
  { value, at }: Located<string>,
  place: Place,
): number {
  if (value === "host_ns") {
    const host = context.facts.hostNamespace(namespace);
    if (!isUnknown(host)) return host;
    leaveUnchecked(context, place, at, host.unknown);
    return 0;
  }
  const number = parseInteger(value);
  if (number !== undefined && number >= 0n && number <= 0xffff_ffffn) return Number(number);
  return place.refuse(
    at,
    `${quoted(value)} is no namespace: an inode number from 0 to 4294967295, or host_ns`,
  );
}

const sets = ["Effective", "Inheritable", "Permitted"] as const;

function capabilityFilter(text: CapabilityFilterText, place: Place): CapabilityFilter {
  const given = text.type?.value ?? "Effective";
  const set = sets.find((each) => each.toLowerCase() === given.toLowerCase());
  if (set === undefined) {
    return place.in("type").refuse(text.type?.at ?? text.at, isNone(given, sets));
  }
  const bits = place.in("values").all(text.values.value, capabilityNumber);
  return {
    set: set.toLowerCase() as CapabilityFilter["set"],
    negated: text.operator.value === "NotIn",
    mask: bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n),
    namespaced: text.isNamespaceCapability,
  };
}

export function capabilityNumber({ value, at }: Located<string>, place: Place): number {
  const upper = value.trim().toUpperCase();
  const index = capabilityNames.indexOf(upper.startsWith("CAP_") ? upper : `CAP_${upper}`);
  return index >= 0 ? index : place.refuse(at, isNone(value, capabilityNames));
}
