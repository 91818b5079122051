import type { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { printable } from "../text/printable.js";
import { grouped } from "../text/units.js";
import { shortVersion } from "./columns.js";

const mostShown = 20;

/** How a shadow differs from the active version, event by event. */
export function shadowText(shadow: guidestar.PluginShadow.$Properties): string[] {
  const { version, manifest_version, compared, different, failure } = shadow;
  const differences = shadow.differences ?? [];
  const lines = [
    `Shadow:    ${shortVersion(version)} (${printable(manifest_version ?? "")}) compared on ${grouped(toNumber(compared))} events, different on ${grouped(toNumber(different))}`,
  ];
  if (failure) lines.push(`  ${printable(failure)}`);
  for (const { sequence, active, shadow: other } of differences.slice(0, mostShown)) {
    lines.push(`  event ${sequence}: ${opinion(active)}, the shadow ${opinion(other)}`);
  }
  const left = toNumber(different) - Math.min(differences.length, mostShown);
  if (left > 0) lines.push(`  and ${grouped(left)} more`);
  return lines;
}

function opinion(said: guidestar.PluginOpinion.$Properties | null | undefined): string {
  const verdict = said?.verdict ?? "";
  const words = (said?.annotations ?? []).map((text) => printable(text)).join(", ");
  return words === "" ? verdict : `${verdict} {${words}}`;
}
