import type { google } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";

/** `2026-01-31T12:00:00Z`; "" if there is none. */
export function timeText(time: google.protobuf.Timestamp.$Properties | null | undefined): string {
  if (time == null) return "";
  const ms = toNumber(time.seconds) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
