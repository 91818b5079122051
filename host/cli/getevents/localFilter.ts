/** The filters of a request applied here, to events that come from a file or a pipe. */
import { fgs } from "../../../proto/generated/api.js";
import { toStreamSpec } from "../../api/eventsRequest.js";
import { maskMessage } from "../../stream/fieldMask.js";
import { compileFilter } from "../../stream/filter.js";
import type { Event } from "../compact.js";
import { Families } from "./families.js";
import type { FilterLists } from "./filters.js";

export interface LocalFilter {
  /** Ask it of every event, in order: each may tell who descends from whom. */
  readonly matches: (event: Event) => boolean;
  /** What is shown of an event; undefined: all of it. */
  readonly trim: ((event: Event) => Event) | undefined;
}

/** What the daemon would do with the same request, by the same means. */
export function localFilter(request: FilterLists): LocalFilter {
  const spec = toStreamSpec(request);
  let message: Event = {};
  const passes = compileFilter(spec, () => fgs.GetEventsResponse.encode(message).finish());
  const families = new Families();
  const { fields } = spec;
  return {
    matches: (event) => {
      message = event;
      return passes(families.modelEvent(event));
    },
    trim:
      fields &&
      ((event) => {
        const bytes = fgs.GetEventsResponse.encode(event).finish();
        return fgs.GetEventsResponse.decode(maskMessage(fields, bytes));
      }),
  };
}
