/** From flags that ask for aggregation to the options of a request. */
import type { fgs } from "../../proto/generated/api.js";
import { parseDurationMs } from "../options.js";
import { aggregationLimits as limits } from "../stream/aggregation/spec.js";
import { UsageError } from "./exit.js";
import { usage, wholeNumber } from "./pipelineOptions.js";

/**
 * @param window a duration such as 15s, as given with the flag `windowFlag`; undefined: the default
 * @param buffer a whole number, as given with `bufferFlag`; undefined: the default
 * @throws UsageError naming the flag
 */
export function aggregationOptions(
  window: string | undefined,
  windowFlag: string,
  buffer: string | undefined,
  bufferFlag: string,
): fgs.AggregationOptions.$Properties {
  const options: fgs.AggregationOptions.$Properties = {};
  if (window !== undefined) {
    const windowMs = usage(() => parseDurationMs(window, windowFlag));
    if (windowMs * 1e6 < limits.leastWindowNs || windowMs * 1e6 > limits.mostWindowNs)
      throw new UsageError(`${windowFlag} takes a duration from 10ms to 24h, not ${window}`);
    const seconds = Math.floor(windowMs / 1000);
    options.window_size = { seconds, nanos: Math.round((windowMs - seconds * 1000) * 1e6) };
  }
  if (buffer !== undefined) {
    const events = wholeNumber(buffer, bufferFlag);
    if (events > limits.mostKeys)
      throw new UsageError(`${bufferFlag} takes a number up to ${limits.mostKeys}, not ${buffer}`);
    options.channel_buffer_size = events;
  }
  return options;
}
