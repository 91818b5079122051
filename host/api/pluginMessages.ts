import type { google, guidestar } from "../../proto/generated/api.js";
import type { ActivePlugin } from "../plugins/prepared.js";

export function toPlugin(plugin: ActivePlugin): guidestar.Plugin.$Properties {
  const { counts } = plugin;
  return {
    name: plugin.name,
    version: plugin.version,
    manifest_version: plugin.manifestVersion,
    description: plugin.description,
    size: plugin.size,
    uploaded: toTimestamp(plugin.uploadedMs),
    first_sequence: plugin.firstSequence,
    counts: {
      seen: counts.seen,
      kept: counts.kept,
      dropped: counts.dropped,
      annotated: counts.annotated,
      failed: counts.failed,
      time_ns: Math.round(counts.timeNs),
      fuel: counts.fuel,
      emitted: counts.emitted,
      findings: counts.findings,
      patched: counts.patched,
    },
    failure: plugin.failure,
  };
}

/** `ms`: since 1970. */
export function toTimestamp(ms: number): google.protobuf.Timestamp.$Properties {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}
