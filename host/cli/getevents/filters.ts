/** From the filter flags of a command line to the filters of a request. */
import { readFileSync } from "node:fs";
import { fgs } from "../../../proto/generated/api.js";
import { fromJsonValues, JsonError } from "../../json/protojson.js";
import { didYouMean } from "../../suggest.js";
import { UsageError } from "../exit.js";

type Filter = fgs.Filter.$Properties;

/** As the command line has them. */
export interface FilterFlags {
  readonly eventTypes?: readonly string[];
  readonly namespace?: readonly string[];
  readonly process?: readonly string[];
  readonly pid?: readonly string[];
  readonly pidSet?: readonly string[];
  readonly host?: boolean;
  readonly healthCheck?: boolean;
  /** JSON texts, or `@FILE`. */
  readonly includeFilter?: readonly string[];
  readonly excludeFilter?: readonly string[];
}

export interface FilterLists {
  readonly allow_list: Filter[];
  readonly deny_list: Filter[];
}

/**
 * The flags other than the two JSON ones make one filter: an event must match all of them. If there
 * are JSON filters to include by, each of them is narrowed by the flags.
 */
export function filterLists(flags: FilterFlags): FilterLists {
  const common = flagFilter(flags);
  const included = jsonFilters("--include-filter", flags.includeFilter);
  const allow = included.map((filter) => narrowed(filter, common));
  if (allow.length === 0 && Object.keys(common).length > 0) allow.push(common);
  return {
    allow_list: allow,
    deny_list: jsonFilters("--exclude-filter", flags.excludeFilter),
  };
}

function flagFilter(flags: FilterFlags): Filter {
  const filter: Filter = {};
  if (flags.process) filter.binary_regex = [...flags.process];
  if (flags.namespace || flags.host) {
    filter.namespace = [...(flags.namespace ?? []), ...(flags.host ? [""] : [])];
  }
  if (flags.pid) filter.pid = flags.pid.map((text) => pid("--pid", text));
  if (flags.pidSet) filter.pid_set = flags.pidSet.map((text) => pid("--pid-set", text));
  if (flags.eventTypes) filter.event_set = flags.eventTypes.map(eventType);
  if (flags.healthCheck !== undefined) filter.health_check = { value: flags.healthCheck };
  return filter;
}

/** Which flag sets which field, for the message about both being set. */
const flagOf: Readonly<Record<string, string>> = {
  binary_regex: "--process",
  namespace: "--namespace or --host",
  pid: "--pid",
  pid_set: "--pid-set",
  event_set: "--event-types",
  health_check: "--health-check",
};

function narrowed(filter: Filter, common: Filter): Filter {
  const clash = Object.keys(common).find((field) => Object.hasOwn(filter, field));
  if (clash === undefined) return { ...filter, ...common };
  throw new UsageError(
    `both --include-filter and ${flagOf[clash]} say something about "${clash}": put it into one of them.`,
  );
}

function pid(flag: string, text: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 0xffff_ffff) return value;
  throw new UsageError(`${flag} takes process ids, and '${text}' is none.`);
}

function eventType(text: string): fgs.EventType {
  const names = Object.keys(fgs.EventType).filter((name) => !/^\d+$/.test(name));
  const name = names.find((known) => known === text.toUpperCase());
  if (name !== undefined) return fgs.EventType[name as keyof typeof fgs.EventType];
  const known = names.filter((candidate) => candidate !== "UNDEF");
  throw new UsageError(
    `--event-types: there is no event type '${text}'.${didYouMean(text, known)} Known are ${known.join(", ")}.`,
  );
}

/** The filters in JSON texts, or `@FILE`s, given with a flag. @throws UsageError naming flag and place. */
export function jsonFilters(flag: string, texts: readonly string[] = []): Filter[] {
  return texts.flatMap((text) => {
    const isFile = text.startsWith("@");
    const json = isFile ? readText(flag, text.slice(1)) : text;
    try {
      const filters = fromJsonValues<Filter>("fgs.Filter", json);
      if (filters.length > 0) return filters;
      throw new UsageError(`${flag} takes a filter, such as '{"pid":[1]}', and there is none.`);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      const place = isFile ? `${text.slice(1)}, ` : "";
      const hint = isFile || json.trimStart().startsWith("{") ? "" : jsonHint;
      throw new UsageError(`${flag}: ${place}${error.message}${hint}`, { cause: error });
    }
  });
}

const jsonHint = `. A filter is a JSON object such as '{"event_set":["PROCESS_EXEC"]}', or @FILE`;

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Finds a wrong regular expression before it travels. Loads the regex engine only if there is one. */
export async function checkRegexes({ allow_list, deny_list }: FilterLists): Promise<void> {
  const sources = [...allow_list, ...deny_list].flatMap((filter) => filter.binary_regex ?? []);
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
