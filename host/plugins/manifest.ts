import { GuidestarError } from "../errors.js";
import { EventType } from "../events/model.js";
import { closest } from "../suggest.js";
import { checkLimits, type PluginBudget } from "./budget.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { FailurePolicy, PluginScope } from "./prepared.js";
import { checkSchema, type SettingsSchema } from "./settings/schema.js";

/** Custom section of the module that holds the manifest, as JSON in UTF-8. */
export const MANIFEST_SECTION = "guidestar.manifest";

/** What a plugin says of itself: `manifest.json` beside its source. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Event types it wants to see, by name (`eventTypesByName`); empty: exec and exit. */
  readonly events: readonly string[];
  /**
   * Of the calls that policies watch, those of these functions, system calls and tracepoints, as
   * `getevents --functions` takes them; empty: all.
   */
  readonly functions: readonly string[];
  /** What it needs beyond the default, or can do with; absent: the default. */
  readonly limits?: Partial<PluginBudget>;
  /** How often it is called by the clock, ms; 0: never. */
  readonly tickMs: number;
  /** Schema of its settings; absent: it has none. */
  readonly settings?: SettingsSchema;
  /** Of events that it fails on: `open` (the default) lets them pass flagged, `closed` drops them. */
  readonly failure: FailurePolicy;
  /** `node` (the default): runs once, before all streams. `stream`: for the calls that name it. */
  readonly scope: PluginScope;
}

export const eventTypesByName: Readonly<Record<string, EventType>> = {
  exec: EventType.EXEC,
  exit: EventType.EXIT,
  kprobe: EventType.KPROBE,
  tracepoint: EventType.TRACEPOINT,
  dns: EventType.DNS,
  test: EventType.TEST,
};

/** Of a manifest that names none: what there was when the first plugins were written. */
const defaultEventTypes: readonly EventType[] = [EventType.EXEC, EventType.EXIT];

/** Types of the events that the plugin is to see. */
export function eventTypesOf({ events }: Manifest): readonly EventType[] {
  if (events.length === 0) return defaultEventTypes;
  return events.map((name) => eventTypesByName[name] as EventType);
}

const namePattern = /^[a-z][a-z0-9-]{0,62}$/;
const versionPattern = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/;
const fields = [
  "name",
  "version",
  "description",
  "events",
  "functions",
  "limits",
  "tickMs",
  "settings",
  "failure",
  "scope",
] as const;
const LONGEST_DESCRIPTION = 500;

/** Parses and checks a manifest. `source` names it in errors: a path, or the section of a module. */
export function parseManifest(json: string, source: string): Manifest {
  if (json.length > PLUGIN_LIMITS.manifestBytes) {
    return refuse(`${source} is longer than ${PLUGIN_LIMITS.manifestBytes} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return refuse(`${source} is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(`${source} must be a JSON object with the fields ${fields.join(", ")}`);
  }
  const manifest = value as Record<string, unknown>;
  for (const field of Object.keys(manifest)) {
    if (!(fields as readonly string[]).includes(field)) {
      refuse(`${source} has the unknown field ${quote(field)}${closest(field, fields)}`);
    }
  }
  return {
    name: checkName(manifest.name, `name in ${source}`),
    version: checkVersion(manifest.version, source),
    description: checkDescription(manifest.description, source),
    events: checkEvents(manifest.events, source),
    functions: checkFunctions(manifest.functions, source),
    ...(manifest.limits !== undefined && {
      limits: checkLimits(manifest.limits, `limits in ${source}`),
    }),
    tickMs: checkTick(manifest.tickMs, source),
    ...(manifest.settings !== undefined && {
      settings: checkSchema(manifest.settings, `settings in ${source}`),
    }),
    failure: oneOf(manifest.failure, ["open", "closed"], `failure in ${source}`),
    scope: oneOf(manifest.scope, ["node", "stream"], `scope in ${source}`),
  };
}

/** `place` names the value in the error. */
export function checkName(name: unknown, place: string): string {
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refuse(
      `${place} must be 1 to 63 lower-case letters, digits and "-", a letter first, not ${quote(name)}`,
    );
  }
  if (name === "guidestar") return refuse(`${place} must not be "guidestar": that is the host`);
  return name;
}

function checkVersion(version: unknown, source: string): string {
  if (typeof version === "string" && versionPattern.test(version)) return version;
  return refuse(`version in ${source} must be a text like "1.0.0", not ${quote(version)}`);
}

function checkDescription(description: unknown, source: string): string {
  if (typeof description === "string" && description.length <= LONGEST_DESCRIPTION) {
    return description;
  }
  return refuse(
    `description in ${source} must be a text of at most ${LONGEST_DESCRIPTION} characters`,
  );
}

function checkEvents(events: unknown, source: string): readonly string[] {
  if (events === undefined) return [];
  const names = Object.keys(eventTypesByName);
  if (!Array.isArray(events)) {
    return refuse(`events in ${source} must be a list of event types (${names.join(", ")})`);
  }
  for (const event of events) {
    if (typeof event !== "string" || !names.includes(event)) {
      refuse(
        `events in ${source} has ${quote(event)}, which is none of ${names.join(", ")}${closest(String(event), names)}`,
      );
    }
  }
  return [...new Set(events as string[])];
}

const mostFunctions = 1000;

function checkFunctions(functions: unknown, source: string): readonly string[] {
  if (functions === undefined) return [];
  const isList = Array.isArray(functions) && functions.length <= mostFunctions;
  if (isList && functions.every((name) => typeof name === "string" && /^[\w./]{1,256}$/.test(name)))
    return [...new Set(functions as string[])];
  return refuse(
    `functions in ${source} must be a list of at most ${mostFunctions} names such as "tcp_connect", "write" or "sched/sched_switch"`,
  );
}

function checkTick(tickMs: unknown, source: string): number {
  if (tickMs === undefined || tickMs === 0) return 0;
  const { shortestTickMs, longestTickMs } = PLUGIN_LIMITS;
  if (typeof tickMs === "number" && tickMs >= shortestTickMs && tickMs <= longestTickMs) {
    return tickMs;
  }
  return refuse(
    `tickMs in ${source} must be a number of milliseconds from ${shortestTickMs} to ${longestTickMs}, not ${quote(tickMs)}`,
  );
}

/** One of some words; the first of them if nothing is given. */
function oneOf<Word extends string>(
  value: unknown,
  words: readonly [Word, ...Word[]],
  place: string,
): Word {
  if (value === undefined) return words[0];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  return refuse(
    `${place} must be ${words.map((word) => `"${word}"`).join(" or ")}, not ${quote(value)}`,
  );
}

/** A value as it stands in JSON, cut to what an error can show. */
function quote(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refuse(message: string): never {
  throw new GuidestarError("INVALID_ARGUMENT", message);
}
