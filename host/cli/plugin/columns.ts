/** How plugins are shown. */
import type { guidestar } from "../../../proto/generated/api.js";
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
  { title: "STATE", cell: ({ failure }) => (failure ? `out of the chain: ${failure}` : "active") },
];

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
