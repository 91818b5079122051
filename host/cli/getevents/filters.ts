/** From the filter flags of a command line to the filters of a request. */
import { readFileSync } from "node:fs";
import { fgs } from "../../../proto/generated/api.js";
import { fromJsonValues, JsonError } from "../../json/protojson.js";
import { didYouMean } from "../../suggest.js";
import { UsageError } from "../exit.js";
import { capabilityFilter } from "./capabilityFlag.js";

type Filter = fgs.Filter.$Properties;
type FieldFilter = fgs.FieldFilter.$Properties;

/** As the command line has them. */
export interface FilterFlags {
  readonly eventTypes?: readonly string[];
  readonly namespace?: readonly string[];
  readonly process?: readonly string[];
  readonly pid?: readonly string[];
  readonly pidSet?: readonly string[];
  readonly host?: boolean;
  readonly healthCheck?: boolean;
  readonly pod?: readonly string[];
  readonly namespaceRegex?: readonly string[];
  readonly containerName?: readonly string[];
  readonly labels?: readonly string[];
  readonly arguments?: readonly string[];
  readonly parentBinary?: readonly string[];
  readonly parentArguments?: readonly string[];
  readonly ancestorBinary?: readonly string[];
  readonly containerId?: readonly string[];
  readonly inInitTree?: boolean;
  readonly capabilities?: readonly string[];
  readonly policyNames?: readonly string[];
  readonly functions?: readonly string[];
  readonly celExpression?: readonly string[];
  /** Names that `tetra` has for `namespace`, `process` and `pod`. */
  readonly namespaces?: readonly string[];
  readonly processes?: readonly string[];
  readonly pods?: readonly string[];
  readonly includeFields?: readonly string[];
  readonly excludeFields?: readonly string[];
  /** JSON texts, or `@FILE`. */
  readonly fieldFilters?: readonly string[];
  readonly includeFilter?: readonly string[];
  readonly excludeFilter?: readonly string[];
}

export interface FilterLists {
  readonly allow_list: Filter[];
  readonly deny_list: Filter[];
  /** Absent: events are shown whole. */
  readonly field_filters?: FieldFilter[];
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
  const fields = fieldFilters(flags);
  return {
    allow_list: allow,
    deny_list: jsonFilters("--exclude-filter", flags.excludeFilter),
    ...(fields.length > 0 && { field_filters: fields }),
  };
}

function fieldFilters({ includeFields, excludeFields, ...flags }: FilterFlags): FieldFilter[] {
  const { INCLUDE, EXCLUDE } = fgs.FieldFilterAction;
  const filters = jsonFieldFilters("--field-filters", flags.fieldFilters);
  if (includeFields) filters.push({ fields: { paths: [...includeFields] }, action: INCLUDE });
  if (excludeFields) filters.push({ fields: { paths: [...excludeFields] }, action: EXCLUDE });
  return filters;
}

function flagFilter(flags: FilterFlags): Filter {
  const filter: Filter = {};
  setList(filter, "binary_regex", flags.process, flags.processes);
  setList(filter, "namespace", flags.namespace, flags.namespaces, flags.host ? [""] : []);
  setList(filter, "pod_regex", flags.pod, flags.pods);
  setList(filter, "namespace_regex", flags.namespaceRegex);
  setList(filter, "container_name_regex", flags.containerName);
  setList(filter, "labels", flags.labels);
  setList(filter, "arguments_regex", flags.arguments);
  setList(filter, "parent_binary_regex", flags.parentBinary);
  setList(filter, "parent_arguments_regex", flags.parentArguments);
  setList(filter, "ancestor_binary_regex", flags.ancestorBinary);
  setList(filter, "container_id", flags.containerId);
  setList(filter, "policy_names", flags.policyNames);
  setList(filter, "function_names", flags.functions);
  setList(filter, "cel_expression", flags.celExpression);
  if (flags.capabilities) filter.capabilities = capabilityFilter(flags.capabilities);
  if (flags.pid) filter.pid = flags.pid.map((text) => pid("--pid", text));
  if (flags.pidSet) filter.pid_set = flags.pidSet.map((text) => pid("--pid-set", text));
  if (flags.eventTypes) filter.event_set = flags.eventTypes.map(eventType);
  if (flags.healthCheck !== undefined) filter.health_check = { value: flags.healthCheck };
  if (flags.inInitTree !== undefined) filter.in_init_tree = { value: flags.inInitTree };
  return filter;
}

type TextList = {
  [name in keyof Filter]: Filter[name] extends string[] | null | undefined ? name : never;
}[keyof Filter];

function setList(
  filter: Filter,
  name: NonNullable<TextList>,
  ...lists: readonly (readonly string[] | undefined)[]
): void {
  const values = lists.flatMap((list) => list ?? []);
  if (values.length > 0) filter[name] = values;
}

/** Which flag sets which field, for the message about both being set. */
export const flagOf: Readonly<Record<string, string>> = {
  binary_regex: "--process",
  namespace: "--namespace or --host",
  pod_regex: "--pod",
  namespace_regex: "--namespace-regex",
  container_name_regex: "--container-name",
  labels: "--labels",
  arguments_regex: "--arguments",
  parent_binary_regex: "--parent-binary",
  parent_arguments_regex: "--parent-arguments",
  ancestor_binary_regex: "--ancestor-binary",
  container_id: "--container-id",
  capabilities: "--capabilities",
  policy_names: "--policy-names",
  function_names: "--functions",
  cel_expression: "--cel-expression",
  in_init_tree: "--in-init-tree",
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
  return jsonMessages<Filter>("fgs.Filter", flag, texts);
}

/** The same for field filters. */
export function jsonFieldFilters(flag: string, texts: readonly string[] = []): FieldFilter[] {
  return jsonMessages<FieldFilter>("fgs.FieldFilter", flag, texts);
}

const examples = { "fgs.Filter": '{"pid":[1]}', "fgs.FieldFilter": '{"fields":"process.pid"}' };

function jsonMessages<T>(
  type: keyof typeof examples,
  flag: string,
  texts: readonly string[] = [],
): T[] {
  const example = examples[type];
  return texts.flatMap((text) => {
    const isFile = text.startsWith("@");
    const json = isFile ? readText(flag, text.slice(1)) : text;
    try {
      const messages = fromJsonValues<T>(type, json);
      if (messages.length > 0) return messages;
      throw new UsageError(`${flag} takes a filter, such as '${example}', and there is none.`);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      const place = isFile ? `${text.slice(1)}, ` : "";
      const isJson = isFile || json.trimStart().startsWith("{");
      throw new UsageError(`${flag}: ${place}${error.message}${isJson ? "" : hints[type]}`, {
        cause: error,
      });
    }
  });
}

const hints = {
  "fgs.Filter": `. A filter is a JSON object such as '{"event_set":["PROCESS_EXEC"]}', or @FILE; fields to show or to leave out go with --include-fields and --exclude-fields`,
  "fgs.FieldFilter": `. A field filter is a JSON object such as '{"fields":"parent","action":"EXCLUDE"}', or @FILE`,
};

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
