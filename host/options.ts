/** What the daemon can be told, checked. Used by the commands that start a pipeline. */
import { hostname } from "node:os";
import { GuidestarError } from "./errors.js";

/** Name of this node on the wire: HUBBLE_NODE_NAME, else NODE_NAME, else the host's name. */
export function defaultNodeName(env: NodeJS.ProcessEnv = process.env): string {
  return env.HUBBLE_NODE_NAME || env.NODE_NAME || hostname();
}

/**
 * Reads a size such as `16M`, `512K` or `1048576`.
 * @throws GuidestarError naming `option`
 */
export function parseBytes(text: string, option: string): number {
  const match = /^(\d+)([KMG]?)i?B?$/i.exec(text.trim());
  const unit = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match?.[2]?.toUpperCase() ?? ""];
  if (!match || unit === undefined)
    throw new GuidestarError("INVALID_ARGUMENT", `${option} takes a size such as 16M, not ${text}`);
  return Number(match[1]) * unit;
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a duration such as `24h`, `1h30m`, `90s` or `500ms`; `0` needs no unit.
 * @throws GuidestarError naming `option`
 */
export function parseDurationMs(text: string, option: string): number {
  if (text === "0") return 0;
  if (!/^(\d{1,9}(\.\d{1,3})?(ms|s|m|h))+$/.test(text))
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${option} takes a duration such as 24h, 1h30m or 90s, not ${text}`,
    );
  let sumMs = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    sumMs += Number(number) * durationUnitsMs[unit as keyof typeof durationUnitsMs];
  return sumMs;
}

/** A ring's size: the kernel takes powers of two that are whole pages. */
export function checkRingBytes(bytes: number, option: string): number {
  const isPowerOfTwo = bytes > 0 && Number.isInteger(Math.log2(bytes));
  if (isPowerOfTwo && bytes >= 4096 && bytes <= 2 ** 30) return bytes;
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${option} takes a power of two from 4K to 1G, not ${bytes} bytes`,
  );
}
