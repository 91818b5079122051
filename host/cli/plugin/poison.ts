/** Events that made a plugin fail, fetched from a daemon as `getevents -o json` would print them. */
import type { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { say } from "../output.js";
import { printable } from "../text/printable.js";
import { counted } from "../text/units.js";
import { shortVersion } from "./columns.js";

/** A line for each, the oldest first. Says what each did, and which were too large to be kept. */
export async function poisonLines(poison: readonly guidestar.PluginPoison.$Properties[]) {
  const { eventTranscoder } = await import("../../json/transcode.js");
  const transcode = eventTranscoder();
  const kept = poison.filter(({ event }) => event && event.length > 0);
  for (const { sequence, version, reason } of kept) {
    const by = shortVersion(version);
    say(`event ${toNumber(sequence)}: version ${by} ${printable(reason ?? "")}`);
  }
  const lost = poison.length - kept.length;
  if (lost > 0) say(`${counted(lost, "event")} more: too large to be kept`);
  return kept.map(({ event }) => transcode(Buffer.from(event as Uint8Array)));
}
