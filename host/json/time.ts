/** `google.protobuf.Timestamp` and `Duration` as text, the way protojson writes and reads them. */

/** Anything with a decimal `toString`: number, bigint, Long. */
export type Integer = { toString(): string };

export interface Seconds {
  readonly seconds?: Integer | null;
  readonly nanos?: number | null;
}

const minTimestamp = -62135596800n; // 0001-01-01T00:00:00Z
const maxTimestamp = 253402300799n; // 9999-12-31T23:59:59Z
const maxDuration = 315576000000n; // 10,000 years
const billion = 1_000_000_000;

/**
 * RFC 3339 in UTC. `digits` of the second's fraction: as many as needed of 0, 3, 6 and 9, or always
 * 9. A time outside the years 1 to 9999 comes out as plain seconds, so that nothing is hidden.
 */
export function timestampText(time: Seconds | null | undefined, digits: "needed" | 9 = "needed") {
  const seconds = BigInt(String(time?.seconds ?? 0));
  const nanos = time?.nanos ?? 0;
  if (seconds < minTimestamp || seconds > maxTimestamp || nanos < 0 || nanos >= billion) {
    return `${seconds}.${nanos}s`;
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction(nanos, digits)}Z`;
}

/** `1.500s`. */
export function durationText(duration: Seconds): string {
  const seconds = BigInt(String(duration.seconds ?? 0));
  const nanos = duration.nanos ?? 0;
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  const whole = seconds < 0n ? -seconds : seconds;
  return `${sign}${whole}${fraction(Math.abs(nanos), "needed")}s`;
}

const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** Undefined if the text is no RFC 3339 time with at most nine digits of fraction. */
export function parseTimestamp(text: string): { seconds: bigint; nanos: number } | undefined {
  const match = timestampPattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 1) - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  // A day or hour out of range would silently roll over: the text must come back as it was.
  if (!date.toISOString().startsWith(text.slice(0, 19))) return undefined;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60 * (match[8] === "-" ? -1 : 1);
  const seconds = BigInt(date.getTime()) / 1000n - BigInt(offset);
  if (seconds < minTimestamp || seconds > maxTimestamp) return undefined;
  return { seconds, nanos: nanosOf(match[7]) };
}

/** Undefined if the text is no duration in seconds, as `1.5s`, of at most 10,000 years. */
export function parseDuration(text: string): { seconds: bigint; nanos: number } | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text);
  if (match === null) return undefined;
  const seconds = BigInt(match[2] ?? 0);
  if (seconds > maxDuration) return undefined;
  const nanos = nanosOf(match[3]);
  const isNegative = match[1] === "-";
  return { seconds: isNegative ? -seconds : seconds, nanos: isNegative ? -nanos || 0 : nanos };
}

function nanosOf(digits: string | undefined): number {
  return Number((digits ?? "").padEnd(9, "0"));
}

function fraction(nanos: number, digits: "needed" | 9): string {
  if (nanos === 0 && digits === "needed") return "";
  const nine = String(nanos).padStart(9, "0");
  if (digits === 9 || !nine.endsWith("000")) return `.${nine}`;
  return nine.endsWith("000000") ? `.${nine.slice(0, 3)}` : `.${nine.slice(0, 6)}`;
}
