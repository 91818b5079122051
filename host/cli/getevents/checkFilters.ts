/** Finds what is wrong with filters before they travel, and names the flag. */
import type { fgs } from "../../../proto/generated/api.js";
import { GuidestarError } from "../../errors.js";
import { UsageError } from "../exit.js";
import { type FilterLists, flagOf } from "./filters.js";

/** Throws a `UsageError`. Loads what it needs only if there is something to check. */
export async function checkFilters(lists: FilterLists): Promise<void> {
  const filters = [...lists.allow_list, ...lists.deny_list];
  await checkRegexes(filters.flatMap(patternsOf));
  const needsMore = (filter: fgs.Filter.$Properties) =>
    filter.labels ?? filter.container_id ?? filter.capabilities;
  if (!lists.field_filters && !filters.some(needsMore)) return;
  const { toStreamSpec } = await import("../../api/eventsRequest.js");
  try {
    toStreamSpec(lists);
  } catch (error) {
    if (!(error instanceof GuidestarError)) throw error;
    throw new UsageError(withFlag(error.message), { cause: error });
  }
}

export function patternsOf(filter: fgs.Filter.$Properties): readonly string[] {
  return [
    filter.binary_regex,
    filter.arguments_regex,
    filter.parent_binary_regex,
    filter.parent_arguments_regex,
    filter.ancestor_binary_regex,
    filter.pod_regex,
    filter.namespace_regex,
    filter.container_name_regex,
  ].flatMap((patterns) => patterns ?? []);
}

export async function checkRegexes(sources: readonly string[]): Promise<void> {
  if (sources.length === 0) return;
  const { RE2JS } = await import("re2js");
  for (const source of sources) {
    try {
      RE2JS.compile(source);
    } catch (error) {
      const reason = (error as Error).message.replace(/^error parsing regexp: /, "");
      throw new UsageError(`'${source}' is no regular expression (RE2 syntax): ${reason}`, {
        cause: error,
      });
    }
  }
}

/** `allow_list[0].labels[1]: …` says little to someone who wrote `--labels`. */
function withFlag(message: string): string {
  const [, list, field = ""] =
    /^(allow_list|deny_list|field_filters)\[\d+\]\.(\w+)/.exec(message) ?? [];
  if (list === "deny_list") return `--exclude-filter: ${message}`;
  if (list === "field_filters") {
    return `--include-fields, --exclude-fields or --field-filters: ${message}`;
  }
  const flag = flagOf[field];
  return flag === undefined ? message : `${flag} or --include-filter: ${message}`;
}
