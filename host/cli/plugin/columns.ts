/** How plugins are shown. */
import { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { printable } from "../text/printable.js";
import type { Column } from "../text/table.js";
import { grouped } from "../text/units.js";

type Plugin = guidestar.Plugin.$Properties;
type Counts = guidestar.PluginCounts.$Properties | null | undefined;

export const pluginColumns: readonly Column<Plugin>[] = [
  { title: "NAME", cell: ({ name }) => name ?? "" },
  { title: "VERSION", cell: ({ manifest_version }) => manifest_version ?? "" },
  { title: "HASH", cell: ({ version }) => shortVersion(version) },
  number("FROM EVENT", ({ first_sequence }) => first_sequence),
  number("SEEN", ({ counts }) => counts?.seen),
  number("KEPT", ({ counts }) => counts?.kept),
  number("DROPPED", ({ counts }) => counts?.dropped),
  number("ANNOTATED", ({ counts }) => counts?.annotated),
  number("FAILED", ({ counts }) => counts?.failed),
  number("NS/EVENT", ({ counts }) => nanosecondsAnEvent(counts)),
  { title: "STATE", cell: stateText },
];

/** What a plugin did and cost. */
export const statsColumns: readonly Column<Plugin>[] = [
  { title: "NAME", cell: ({ name }) => name ?? "" },
  { title: "HASH", cell: ({ version }) => shortVersion(version) },
  number("SEEN", ({ counts }) => counts?.seen),
  number("KEPT", ({ counts }) => counts?.kept),
  number("DROPPED", ({ counts }) => counts?.dropped),
  number("ANNOTATED", ({ counts }) => counts?.annotated),
  number("FILLED", ({ counts }) => counts?.patched),
  number("EMITTED", ({ counts }) => counts?.emitted),
  number("FINDINGS", ({ counts }) => counts?.findings),
  number("FAILED", ({ counts }) => counts?.failed),
  number("WITHHELD", ({ counts }) => counts?.withheld),
  number("FUEL", ({ counts }) => counts?.fuel),
  number("NS", ({ counts }) => counts?.time_ns),
  number("NS/EVENT", ({ counts }) => nanosecondsAnEvent(counts)),
];

/** `monitor, fails closed`. */
export function modeText({ mode, failure_policy, for_streams }: Plugin): string {
  const words = [modeName(mode)];
  if (for_streams) words.push("for streams that name it");
  if (failure_policy === guidestar.FailurePolicy.FAILURE_POLICY_CLOSED) words.push("fails closed");
  return words.join(", ");
}

function modeName(mode: guidestar.PluginMode | null | undefined): string {
  const name = guidestar.PluginMode[mode ?? 0] ?? "";
  return name.replace("PLUGIN_MODE_", "").toLowerCase();
}

/** In one word what a plugin does now. */
function stateText(plugin: Plugin): string {
  if (plugin.failure) return `out of the chain: ${plugin.failure}`;
  const { PLUGIN_MODE_MONITOR, PLUGIN_MODE_DISABLED } = guidestar.PluginMode;
  const isOwn = plugin.mode === PLUGIN_MODE_MONITOR || plugin.mode === PLUGIN_MODE_DISABLED;
  const state = isOwn ? modeName(plugin.mode) : plugin.for_streams ? "for streams" : "active";
  return plugin.shadow ? `${state}, with a shadow` : state;
}

/** `name 1.0.0 (3f2a9c81d0e4)`. */
export function pluginTitle({ name, manifest_version, version }: Plugin): string {
  const words = [printable(name ?? "")];
  if (manifest_version) words.push(printable(manifest_version));
  return [...words, `(${shortVersion(version)})`].join(" ");
}

/** The first 12 digits of a module's hash: enough to tell one from another. */
export function shortVersion(version: string | null | undefined): string {
  return (version ?? "").slice(0, 12);
}

/** `saw 12 events: kept 10, dropped 2; annotated 3`. */
export function countsText(counts: Counts): string {
  const of = (value: Parameters<typeof toNumber>[0]) => grouped(toNumber(value));
  const failed = toNumber(counts?.failed);
  const failures = failed === 0 ? "" : `; failed on ${grouped(failed)}, which passed unjudged`;
  return `saw ${of(counts?.seen)} events: kept ${of(counts?.kept)}, dropped ${of(counts?.dropped)}; annotated ${of(counts?.annotated)}${failures}`;
}

function nanosecondsAnEvent(counts: Counts): number {
  const seen = toNumber(counts?.seen);
  return seen === 0 ? 0 : Math.round(toNumber(counts?.time_ns) / seen);
}

function number(title: string, value: (plugin: Plugin) => Parameters<typeof toNumber>[0]) {
  return { title, isNumber: true, cell: (plugin: Plugin) => String(toNumber(value(plugin))) };
}
