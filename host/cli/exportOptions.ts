/** Options of the daemon that say which events go to a file, and how. */
import type { Command } from "commander";
import { type ExportConfig, exportQueueLimits } from "../export/config.js";
import { parseDurationMs } from "../options.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { UsageError } from "./exit.js";
import { usage, wholeNumber } from "./pipelineOptions.js";

/** None of them has a default here: what is given without a file is a mistake, and is told. */
export interface ExportFlags {
  readonly exportFilename?: string;
  readonly exportFileMaxSizeMb?: string;
  readonly exportFileRotationInterval?: string;
  readonly exportFileMaxBackups?: string;
  readonly exportFileCompress?: boolean;
  readonly exportFilePerm?: string;
  readonly exportRateLimit?: string;
  readonly exportAllowlist?: readonly string[];
  readonly exportDenylist?: readonly string[];
  readonly exportFieldFilters?: readonly string[];
  readonly enableExportAggregation?: boolean;
  readonly exportAggregationWindowSize?: string;
  readonly exportAggregationBufferSize?: string;
}

const maxSize = "--export-file-max-size-mb";
const interval = "--export-file-rotation-interval";
const maxBackups = "--export-file-max-backups";
const compress = "--export-file-compress";
const perm = "--export-file-perm";
const rateLimit = "--export-rate-limit";
const allowlist = "--export-allowlist";
const denylist = "--export-denylist";
const fieldFilters = "--export-field-filters";
const aggregate = "--enable-export-aggregation";
const windowSize = "--export-aggregation-window-size";
const bufferSize = "--export-aggregation-buffer-size";

export function addExportOptions(command: Command): void {
  const several = (text: string, before: readonly string[] = []) => [...before, text];
  command
    .optionsGroup("Export:")
    .option("--export-filename <file>", "write events to this file, one JSON object a line")
    .option(`${maxSize} <mb>`, "rotate the file before it grows beyond this (default: 10)")
    .option(`${interval} <duration>`, "rotate the file at this age, such as 24h (default: never)")
    .option(`${maxBackups} <files>`, "rotated files that are kept; 0: all (default: 5)")
    .option(compress, "compress rotated files with gzip")
    .option(`${perm} <mode>`, "permissions of the files, in octal (default: 0600)")
    .option(`${rateLimit} <events>`, "events a minute; 0: none, -1: no limit (default: -1)")
    .option(`${allowlist} <json>`, "filters in JSON, or @FILE: any must match", several)
    .option(`${denylist} <json>`, "filters in JSON, or @FILE: none may match", several)
    .option(
      `${fieldFilters} <json>`,
      "what of events is written: field filters in JSON, or @FILE",
      several,
    )
    .option(aggregate, "write one event, with a count, for all of a window that are alike")
    .option(`${windowSize} <duration>`, "length of the windows (default: 15s)")
    .option(`${bufferSize} <events>`, "most different events in a window (default: 10000)");
}

/** Undefined: nothing is exported. @throws UsageError naming the option. */
export async function exportConfig(flags: ExportFlags): Promise<ExportConfig | undefined> {
  const { exportFilename: file } = flags;
  if (file === undefined) {
    refuseWithoutFile(flags);
    return undefined;
  }
  if (file === "") throw new UsageError("--export-filename takes a file, not an empty name");
  const age = usage(() => parseDurationMs(flags.exportFileRotationInterval ?? "0", interval));
  const limit = flags.exportRateLimit ?? "-1";
  return {
    file,
    spec: { ...(await streamSpec(flags)), ...(await aggregationOf(flags)) },
    maxFileBytes: wholeNumber(flags.exportFileMaxSizeMb ?? "10", maxSize) * 2 ** 20,
    rotationIntervalMs: age === 0 ? undefined : age,
    maxBackups: fromZero(flags.exportFileMaxBackups ?? "5", maxBackups),
    compress: flags.exportFileCompress ?? false,
    mode: fileMode(flags.exportFilePerm ?? "600"),
    ratePerMinute: limit === "-1" ? -1 : fromZero(limit, rateLimit),
    queue: exportQueueLimits,
  };
}

/** Flags by the names that commander gives their values. */
const needFile = {
  exportFileMaxSizeMb: maxSize,
  exportFileRotationInterval: interval,
  exportFileMaxBackups: maxBackups,
  exportFileCompress: compress,
  exportFilePerm: perm,
  exportRateLimit: rateLimit,
  exportAllowlist: allowlist,
  exportDenylist: denylist,
  exportFieldFilters: fieldFilters,
  enableExportAggregation: aggregate,
  exportAggregationWindowSize: windowSize,
  exportAggregationBufferSize: bufferSize,
} as const;

function refuseWithoutFile(flags: ExportFlags): void {
  for (const [name, option] of Object.entries(needFile)) {
    if (flags[name as keyof typeof needFile] !== undefined)
      throw new UsageError(`${option} does nothing without --export-filename`);
  }
}

async function streamSpec(flags: ExportFlags): Promise<StreamSpec> {
  const given = [flags.exportAllowlist, flags.exportDenylist, flags.exportFieldFilters];
  if (given.every((texts) => texts === undefined)) return { allow: [], deny: [] };
  const { fgs } = await import("../../proto/generated/api.js");
  const { toStreamSpec } = await import("../api/eventsRequest.js");
  const { jsonFieldFilters, jsonFilters } = await import("./getevents/filters.js");
  const { checkRegexes, patternsOf } = await import("./getevents/checkFilters.js");
  const lists = {
    allow_list: jsonFilters(allowlist, flags.exportAllowlist),
    deny_list: jsonFilters(denylist, flags.exportDenylist),
    field_filters: jsonFieldFilters(fieldFilters, flags.exportFieldFilters),
  };
  await checkRegexes([...lists.allow_list, ...lists.deny_list].flatMap(patternsOf));
  const named = (message: string) =>
    message
      .replaceAll("allow_list", allowlist)
      .replaceAll("deny_list", denylist)
      .replaceAll("field_filters", fieldFilters);
  try {
    return toStreamSpec(fgs.GetEventsRequest.create(lists));
  } catch (error) {
    throw new UsageError(named((error as Error).message), { cause: error });
  }
}

async function aggregationOf(flags: ExportFlags): Promise<Pick<StreamSpec, "aggregation">> {
  const {
    enableExportAggregation: isOn,
    exportAggregationWindowSize: window,
    exportAggregationBufferSize: buffer,
  } = flags;
  if (!isOn) {
    const option =
      window !== undefined ? windowSize : buffer !== undefined ? bufferSize : undefined;
    if (option !== undefined) throw new UsageError(`${option} does nothing without ${aggregate}`);
    return {};
  }
  const { aggregationOptions } = await import("./aggregationFlags.js");
  const { toAggregation } = await import("../api/aggregationRequest.js");
  const options = aggregationOptions(window, windowSize, buffer, bufferSize);
  return { aggregation: toAggregation(options) };
}

function fromZero(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const more = option === rateLimit ? " or -1" : "";
  throw new UsageError(`${option} takes a whole number from 0${more}, not ${text}`);
}

function fileMode(text: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  // The daemon opens it again after a restart, also if it does not run as root.
  if ((mode & 0o600) === 0o600) return mode;
  throw new UsageError(
    `${perm} takes an octal mode that lets the owner read and write, such as 0640, not ${text}`,
  );
}
