import type { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import {
  type AggregationSpec,
  defaultAggregation,
  aggregationLimits as limits,
} from "../stream/aggregation/spec.js";
import { toNumber } from "./numbers.js";

/** Checks the options. @returns undefined if there are none. Throws `INVALID_ARGUMENT`, naming the field. */
export function toAggregation(
  options: fgs.AggregationOptions.$Properties | null | undefined,
): AggregationSpec | undefined {
  if (options == null) return undefined;
  const mostKeys = toNumber(options.channel_buffer_size) || defaultAggregation.mostKeys;
  if (mostKeys > limits.mostKeys) {
    throw invalid(
      `aggregation_options.channel_buffer_size: ${mostKeys} different events a window; ${limits.mostKeys} are the most`,
    );
  }
  return { windowNs: toWindowNs(options.window_size) || defaultAggregation.windowNs, mostKeys };
}

const place = "aggregation_options.window_size";

/** 0: the default. */
function toWindowNs(window: fgs.AggregationOptions.$Properties["window_size"]): bigint {
  if (window == null) return 0n;
  const seconds = toNumber(window.seconds);
  const nanos = window.nanos ?? 0;
  if (Math.abs(nanos) > 999_999_999 || seconds * nanos < 0) {
    throw invalid(`${place}: ${seconds} s and ${nanos} ns make no duration`);
  }
  if (seconds < 0 || nanos < 0) throw invalid(`${place}: a window cannot be negative`);
  const windowNs = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  if (windowNs > 0n && windowNs < limits.leastWindowNs) {
    throw invalid(`${place}: ${windowNs} ns; 10 ms are the least`);
  }
  if (windowNs > limits.mostWindowNs) throw invalid(`${place}: ${seconds} s; a day is the most`);
  return windowNs;
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
