import { type google, guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { Changed, PluginState } from "../plugins/manager.js";
import type { Poison } from "../plugins/poison.js";
import {
  newCounts,
  type PluginCounts,
  type PluginMode,
  type SaidOfEvent,
  type ShadowReport,
} from "../plugins/prepared.js";
import type { GateLimits, Rehearsal } from "../plugins/rehearsal.js";
import { toNumber } from "./numbers.js";

/** A plugin as it is stored, with what it did in the chain if it is there. */
export function toPlugin({
  stored,
  active,
  prepared,
  broken,
}: PluginState): guidestar.Plugin.$Properties {
  const version = stored.versions.find(({ hash }) => hash === stored.active);
  return {
    name: stored.name,
    version: stored.active,
    manifest_version: version?.manifestVersion ?? "",
    description: prepared?.description ?? "",
    size: version?.size ?? 0,
    uploaded: toTimestamp(version?.uploadedMs ?? 0),
    first_sequence: active?.firstSequence ?? 0,
    counts: toCounts(active?.counts ?? newCounts()),
    failure: broken === "" ? (active?.failure ?? "") : broken,
    mode: toMode(stored.mode),
    failure_policy:
      prepared?.failurePolicy === "closed"
        ? guidestar.FailurePolicy.FAILURE_POLICY_CLOSED
        : guidestar.FailurePolicy.FAILURE_POLICY_OPEN,
    settings: stored.settings,
    shadow: active?.shadow ? toShadow(active.shadow) : null,
    for_streams: prepared?.scope === "stream",
  };
}

export function toVersions({ stored }: PluginState): guidestar.PluginVersion.$Properties[] {
  return stored.versions.map((version) => ({
    version: version.hash,
    manifest_version: version.manifestVersion,
    size: version.size,
    uploaded: toTimestamp(version.uploadedMs),
    signed_by: version.signedBy,
  }));
}

export function toPoison(poison: Poison): guidestar.PluginPoison.$Properties {
  const { version, sequence, timeMs, reason, event } = poison;
  return { version, sequence, time: toTimestamp(timeMs), reason, event };
}

export function toRehearsal(
  rehearsal: Rehearsal | undefined,
): guidestar.PluginRehearsal.$Properties | null {
  if (rehearsal === undefined) return null;
  const { events, counts, failure, poison } = rehearsal;
  return { events, counts: toCounts(counts), failure, poison: [...poison] };
}

export function toGate(gate: guidestar.PluginGate.$Properties): GateLimits {
  return {
    mostDropped: gate.max_dropped_percent ?? undefined,
    mostFailed: gate.max_failed == null ? undefined : toNumber(gate.max_failed),
    mostFuel: gate.max_fuel_per_event == null ? undefined : toNumber(gate.max_fuel_per_event),
    leastEvents: toNumber(gate.min_events),
  };
}

export function toChange({ plugin, firstSequence, replaced }: Changed) {
  return {
    plugin: toPlugin(plugin),
    first_sequence: firstSequence,
    replaced_version: replaced,
  };
}

function toShadow(report: ShadowReport): guidestar.PluginShadow.$Properties {
  return {
    version: report.version,
    manifest_version: report.manifestVersion,
    first_sequence: report.firstSequence,
    counts: toCounts(report.counts),
    failure: report.failure,
    compared: report.compared,
    different: report.different,
    differences: report.differences.map(({ sequence, active, shadow }) => ({
      sequence,
      active: toOpinion(active),
      shadow: toOpinion(shadow),
    })),
  };
}

function toOpinion({ verdict, annotations }: SaidOfEvent): guidestar.PluginOpinion.$Properties {
  return { verdict, annotations: [...annotations] };
}

function toCounts({ timeNs, ...same }: PluginCounts): guidestar.PluginCounts.$Properties {
  return { ...same, time_ns: Math.round(timeNs) };
}

const modes = guidestar.PluginMode;

export function toMode(mode: PluginMode): guidestar.PluginMode {
  if (mode === "monitor") return modes.PLUGIN_MODE_MONITOR;
  return mode === "disabled" ? modes.PLUGIN_MODE_DISABLED : modes.PLUGIN_MODE_ENFORCE;
}

/** `undefined`: nothing was asked for. @throws GuidestarError INVALID_ARGUMENT */
export function fromMode(mode: guidestar.PluginMode): PluginMode | "shadow" | undefined {
  switch (mode) {
    case modes.PLUGIN_MODE_UNSPECIFIED:
      return undefined;
    case modes.PLUGIN_MODE_ENFORCE:
      return "enforce";
    case modes.PLUGIN_MODE_MONITOR:
      return "monitor";
    case modes.PLUGIN_MODE_DISABLED:
      return "disabled";
    case modes.PLUGIN_MODE_SHADOW:
      return "shadow";
    default:
      throw new GuidestarError("INVALID_ARGUMENT", `${mode} is no mode of plugins`);
  }
}

/** `ms`: since 1970. */
export function toTimestamp(ms: number): google.protobuf.Timestamp.$Properties {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}
