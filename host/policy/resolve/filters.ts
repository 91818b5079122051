/** `matchArgs` and `matchReturnArgs`: what an argument is compared with. */

import { nameTables } from "../document/names.js";
import { type Place, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import type { ArgumentFilterText } from "../document/selectors.js";
import type { ArgumentFilter, ArgumentSpec, ArgumentTest } from "../hookSpec.js";
import { syscallNumbers } from "../kernel/syscallLists.js";
import { argumentTypes } from "./argumentTypes.js";
import type { Context } from "./context.js";
import { integerRange, integerValue, namedNumber, network, portRange } from "./numbers.js";
import { type Operator, operatorNamed, operatorsFor } from "./operators.js";
import { textValue } from "./textValues.js";

type Values = readonly Located<string>[];

export function resolveArgumentFilter(
  context: Context,
  args: readonly ArgumentSpec[],
  text: ArgumentFilterText,
  place: Place,
): ArgumentFilter {
  const position = positionOf(args, text, place);
  return filterOf(context, args[position] as ArgumentSpec, position, text, place);
}

/** Whatever index it names: there is one return value. */
export function resolveReturnFilter(
  context: Context,
  returned: ArgumentSpec | undefined,
  text: ArgumentFilterText,
  place: Place,
): ArgumentFilter {
  if (returned === undefined) {
    return place.refuse(text.at, "matchReturnArgs needs a hook with return: true and returnArg");
  }
  return filterOf(context, returned, 0, text, place);
}

/** `index` is the function's, `args` counts the policy's own list. */
function positionOf(args: readonly ArgumentSpec[], text: ArgumentFilterText, place: Place): number {
  const [listed] = text.args?.value ?? [];
  if (listed !== undefined && text.index === undefined) {
    if (listed.value < args.length) return listed.value;
    return place
      .in("args")
      .refuse(
        listed.at,
        `argFilter for unknown index: the hook has ${args.length} args, counted from 0`,
      );
  }
  const { index } = text;
  if (index === undefined)
    return place.refuse(text.at, "this is missing: index, the argument to compare");
  const position = args.findIndex((arg) => arg.index === index.value);
  if (position >= 0) return position;
  const known = args.map((arg) => arg.index).join(", ");
  return place
    .in("index")
    .refuse(
      index.at,
      `argFilter for unknown index ${index.value}: it is not among the hook's args (${known || "there are none"})`,
    );
}

function filterOf(
  context: Context,
  arg: ArgumentSpec,
  position: number,
  text: ArgumentFilterText,
  place: Place,
): ArgumentFilter {
  const operator = operatorNamed(text.operator.value);
  const here = place.in("operator");
  const { type } = arg;
  const kind = argumentTypes[type].class;
  if (operator.kind === "unsupported") {
    here.refuse(
      text.operator.at,
      `guidestar does not support ${text.operator.value}: ${operator.why}`,
    );
  }
  // A packet has no state of its own.
  const isStateless = operator.kind === "state" && type === "skb";
  if (!operator.classes.includes(kind) || isStateless) {
    const known = operatorsFor(kind).filter((each) => type !== "skb" || !each.endsWith("State"));
    const what =
      known.length === 0 ? "it cannot be compared with anything" : `it takes ${known.join(", ")}`;
    const values = (text.values?.value ?? []).map(({ value }) => value).join(" ");
    here.refuse(
      text.operator.at,
      `${text.operator.value} does not go with type ${type}: ${what} (MatchArgs values ${quoted(values)} unsupported)`,
    );
  }
  const test = testOf(context, arg, operator, text, place);
  return { position, negated: operator.negated, test };
}

function testOf(
  context: Context,
  { type }: ArgumentSpec,
  operator: Operator,
  text: ArgumentFilterText,
  place: Place,
): ArgumentTest {
  const { kind } = operator;
  const values = valuesOf(kind, text, place);
  const all = <Result>(read: (value: Located<string>, at: Place) => Result) =>
    place.in("values").all(values, read);
  const side = operator.side ?? "source";
  switch (kind) {
    case "greater":
    case "less": {
      if (values.length > 1) {
        place
          .in("values")
          .refuse(text.values?.at ?? text.at, "one value is compared with, not several");
      }
      return { kind, value: all((value, at) => integerValue(type, value, at))[0] ?? 0n };
    }
    case "mask":
      return { kind, values: all((value, at) => integerValue(type, value, at)) };
    case "range":
      return { kind, ranges: all((value, at) => integerRange(type, value, at)) };
    case "map":
      return { kind: "inMap", values: numbers(context, type, values, place) };
    case "address":
      return { kind, side, networks: all(network) };
    case "port":
      return { kind, side, ranges: all(portRange) };
    case "privilegedPort":
      return { kind: "port", side, ranges: [[0, 1023]] };
    case "protocol":
    case "family":
    case "state":
      return { kind, values: all((value, at) => namedNumber(nameTables[kind], value, at)) };
    case "fileType":
      return { kind, values: all((value, at) => namedNumber(nameTables[kind], value, at)) };
    case "capabilitiesGained":
      return { kind };
    default: {
      if (argumentTypes[type].class === "integer") {
        return { kind: "oneOf", values: numbers(context, type, values, place) };
      }
      const match = kind === "prefix" || kind === "postfix" ? kind : "equal";
      return {
        kind: "text",
        match,
        values: all((value, at) => textValue(match, value, at)),
      };
    }
  }
}

function valuesOf(kind: Operator["kind"], text: ArgumentFilterText, place: Place): Values {
  const { values, operator } = text;
  const given = values?.value ?? [];
  const takesNone = kind === "privilegedPort" || kind === "capabilitiesGained";
  if (takesNone && given.length > 0) {
    place.in("values").refuse(values?.at ?? text.at, `${operator.value} takes no values`);
  }
  if (!takesNone && given.length === 0) {
    place.refuse(
      values?.at ?? text.at,
      `this is missing: values, what ${operator.value} compares with`,
    );
  }
  return given;
}

function numbers(
  context: Context,
  type: ArgumentSpec["type"],
  values: Values,
  place: Place,
): bigint[] {
  const inOrder = place.in("values").all(values, (value, at) => {
    const named = type === "syscall64" ? syscallNumbers(context, value, at) : undefined;
    return named ?? [integerValue(type, value, at)];
  });
  return [...new Set(inOrder.flat())];
}
