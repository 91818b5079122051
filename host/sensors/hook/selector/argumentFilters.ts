/** What selectors ask of arguments and of the return value. */
import { GuidestarError } from "../../../errors.js";
import type { ArgumentFilter, ArgumentSpec, HookSpec } from "../../../policy/hookSpec.js";
import { isLate } from "../arguments.js";
import { copyOf } from "../copies.js";
import type { FilterSets } from "./filterSets.js";
import {
  emptyFilter,
  type FilterConfig,
  networks,
  oneOf,
  parts,
  ranges,
  single,
  stages,
  tests,
  texts,
} from "./filters.js";

/** Throws `INVALID_ARGUMENT` that names the filter if it can't be asked of such an argument. */
export function argumentFilter(
  filter: ArgumentFilter,
  spec: HookSpec,
  sets: FilterSets,
  where: string,
  isReturn: boolean,
): FilterConfig {
  const arg = isReturn ? spec.returned : spec.args[filter.position];
  if (arg === undefined) {
    const what = isReturn ? "a return value" : `an argument at position ${filter.position}`;
    throw new GuidestarError("INVALID_ARGUMENT", `${where}: the hook does not report ${what}.`);
  }
  checkTest(filter, arg, where);
  const isNumber = isNumeric(filter) && hasNumber(arg);
  const stage = isReturn || isLate(arg) ? "returned" : isNumber ? "numbers" : "copied";
  return {
    ...emptyFilter,
    ...testOf(filter, arg, sets, where),
    negated: Number(filter.negated),
    position: isReturn ? returnPosition : filter.position,
    stage: stages[stage],
    is_signed: Number(isSigned(arg)),
    is_fd: Number(arg.type === "fd"),
  };
}

/** Index of the return value among those that `gs_hook_draft.argument_at` has. */
const returnPosition = 5;

const numberKinds = ["INT"];
const textKinds = ["STRING", "BYTES", "PATH"];
const socketKinds = ["SOCK", "SKB", "SOCKADDR"];

/** Which forms of payload (`enum gs_arg_kind`) a test is for. */
const kindsOf: Readonly<Record<ArgumentFilter["test"]["kind"], readonly string[]>> = {
  oneOf: numberKinds,
  inMap: numberKinds,
  greater: numberKinds,
  less: numberKinds,
  mask: numberKinds,
  range: numberKinds,
  text: textKinds,
  address: socketKinds,
  port: socketKinds,
  family: socketKinds,
  protocol: ["SOCK", "SKB"],
  state: ["SOCK"],
  fileType: ["PATH"],
  capabilitiesGained: ["INT", "CRED"],
};

function checkTest({ test }: ArgumentFilter, arg: ArgumentSpec, where: string): void {
  const isFdNumber = arg.type === "fd" && kindsOf[test.kind] === numberKinds;
  if (isFdNumber || kindsOf[test.kind].includes(copyOf(arg).kind)) return;
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${where}: a test of kind ${test.kind} is not possible on an argument of type ${arg.type}.`,
  );
}

const numeric = new Set([
  "oneOf",
  "greater",
  "less",
  "mask",
  "range",
  "inMap",
  "capabilitiesGained",
]);
const isNumeric = ({ test }: ArgumentFilter): boolean => numeric.has(test.kind);

/** Its number is known before anything is copied. */
const hasNumber = (arg: ArgumentSpec): boolean => arg.type === "fd" || copyOf(arg).kind === "INT";

const isSigned = (arg: ArgumentSpec): boolean => arg.type === "fd" || copyOf(arg).isSigned;

/** As the programs have it: cut to its width, then extended. */
function asArgument(arg: ArgumentSpec, value: bigint): bigint {
  const bits = arg.type === "fd" ? 32 : copyOf(arg).bits || 64;
  const extended = isSigned(arg) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return BigInt.asUintN(64, extended);
}

function testOf(filter: ArgumentFilter, arg: ArgumentSpec, sets: FilterSets, where: string) {
  const { test } = filter;
  const number = (value: bigint) => asArgument(arg, value);
  const small = (values: readonly number[]) => oneOf(sets, values.map(BigInt));
  switch (test.kind) {
    case "oneOf":
    case "inMap":
      return oneOf(sets, test.values.map(number));
    case "greater":
    case "less":
      return single(tests[test.kind], BigInt.asUintN(64, test.value));
    case "mask":
      return single(
        tests.mask,
        test.values.map(number).reduce((mask, each) => mask | each, 0n),
      );
    case "range": {
      const all = test.ranges.map(
        ([from, to]) => [BigInt.asUintN(64, from), BigInt.asUintN(64, to)] as const,
      );
      return ranges(sets, all, isSigned(arg));
    }
    case "text":
      return texts(sets, test.match, test.values, where);
    case "address":
      return { ...networks(sets, test.networks), part: parts[test.side] };
    case "port": {
      const all = test.ranges.map(([from, to]) => [BigInt(from), BigInt(to)] as const);
      return { ...ranges(sets, all, false), part: parts[test.side] };
    }
    case "protocol":
    case "family":
    case "state":
    case "fileType":
      return { ...small(test.values), part: parts[test.kind] };
    case "capabilitiesGained":
      return single(tests.gained, setOf(arg));
  }
}

/** `enum gs_capability_set` that an argument is held against. */
function setOf({ type }: ArgumentSpec): bigint {
  return type === "cap_inheritable" ? 1n : type === "cap_permitted" ? 2n : 0n;
}
