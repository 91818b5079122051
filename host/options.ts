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

/** A ring's size: the kernel takes powers of two that are whole pages. */
export function checkRingBytes(bytes: number, option: string): number {
  const isPowerOfTwo = bytes > 0 && Number.isInteger(Math.log2(bytes));
  if (isPowerOfTwo && bytes >= 4096 && bytes <= 2 ** 30) return bytes;
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${option} takes a power of two from 4K to 1G, not ${bytes} bytes`,
  );
}
