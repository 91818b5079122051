import { GuidestarError } from "../errors.js";
import type { Capabilities } from "../events/model.js";
import type { EventTest } from "./filter.js";
import {
  type CapabilityFilter,
  type CapabilityMatch,
  capabilityMatches,
  capabilitySets,
} from "./filterSpec.js";

/** Every set that is asked about must match. False where the capabilities are not known. */
export function byCapabilities(filter: CapabilityFilter, place: string): EventTest {
  const tests = capabilitySets.flatMap((set) => {
    const match = filter[set];
    return match === undefined ? [] : [{ set, test: compileSet(match, `${place}.${set}`) }];
  });
  if (tests.length === 0) {
    throw invalid(`${place}: set one of ${capabilitySets.join(", ")}`);
  }
  return ({ process }) => {
    const held = process?.capabilities;
    return held !== undefined && tests.every(({ set, test }) => test(held[set]));
  };
}

type SetTest = (held: Capabilities["permitted"]) => boolean;

function compileSet(match: CapabilityMatch, place: string): SetTest {
  const tests = capabilityMatches.flatMap((kind) => {
    if (match[kind].length === 0) return [];
    const mask = maskOf(match[kind], `${place}.${kind}`);
    return [testOf[kind](mask)];
  });
  if (tests.length === 0) throw invalid(`${place}: set one of ${capabilityMatches.join(", ")}`);
  return (held) => tests.every((test) => test(held));
}

const testOf: Readonly<Record<(typeof capabilityMatches)[number], (mask: bigint) => SetTest>> = {
  any: (mask) => (held) => (held & mask) !== 0n,
  all: (mask) => (held) => (held & mask) === mask,
  exactly: (mask) => (held) => held === mask,
  none: (mask) => (held) => (held & mask) === 0n,
};

function maskOf(capabilities: readonly number[], place: string): bigint {
  return capabilities.reduce((mask, capability, i) => {
    if (capability < 0 || capability > 63) {
      throw invalid(`${place}[${i}]: capabilities have numbers from 0 to 63, not ${capability}`);
    }
    return mask | (1n << BigInt(capability));
  }, 0n);
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
