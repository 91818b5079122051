import { createRequire } from "node:module";
import type pino from "pino";

export type Logger = pino.Logger;
export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
export const logFormats = ["text", "json"] as const;

/** The daemon's log, on standard error: a line for people, or JSON for a collector. */
export function createLogger(level: string, format: (typeof logFormats)[number]): Logger {
  const pino = loadPino();
  const options = { level, base: null };
  const json = pino.destination({ dest: 2, sync: true });
  if (format === "json") return pino(options, json);
  const { labels } = pino.levels;
  return pino(options, { write: (line: string) => process.stderr.write(textLine(line, labels)) });
}

/** Only when a logger is made: the options that name its levels are read by every command. */
function loadPino(): typeof pino {
  return createRequire(import.meta.url)("pino");
}

/** `2026-01-02T03:04:05.678Z info  message key=value` */
function textLine(json: string, labels: Readonly<Record<number, string>>): string {
  const { level, time, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const name = labels[Number(level)] ?? "info";
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${textOf(value)}`);
  const when = new Date(Number(time)).toISOString();
  return `${when} ${name.padEnd(5)} ${String(msg)}${details.join("")}\n`;
}

function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}
