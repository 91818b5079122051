import { GuidestarError } from "../../errors.js";
import { checkName } from "../manifest.js";
import type { PluginMode } from "../prepared.js";

/** What a daemon remembers of its plugins, beside their modules: the content of `state.json`. */
export interface StoreState {
  /** In the order in which events pass through them. */
  readonly plugins: readonly StoredPlugin[];
}

export interface StoredPlugin {
  readonly name: string;
  readonly mode: PluginMode;
  /** Hash of the version in use. */
  readonly active: string;
  /** Hash of the version that runs beside it; "": none. */
  readonly shadow: string;
  /** JSON text of an object. */
  readonly settings: string;
  /** The newest first, the active one and the shadow among them. */
  readonly versions: readonly StoredVersion[];
}

export interface StoredVersion {
  /** Lower-case hexadecimal SHA-256 of the module. */
  readonly hash: string;
  readonly manifestVersion: string;
  /** Bytes of the module. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly uploadedMs: number;
  /** Name of the key that signed it; "": it is not signed, or not by a key that was trusted. */
  readonly signedBy: string;
}

export const emptyState: StoreState = { plugins: [] };

const FORMAT = 1;

export function writeState(state: StoreState): string {
  return `${JSON.stringify({ format: FORMAT, ...state }, undefined, 1)}\n`;
}

/**
 * Reads a state file; `place` names it in errors.
 * @throws GuidestarError FAILED_PRECONDITION if this host did not write it
 */
export function readState(json: string, place: string): StoreState {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw refusal(place, `it is not valid JSON: ${(error as Error).message}`);
  }
  const { format, plugins } = (value ?? {}) as { format?: unknown; plugins?: unknown };
  if (format !== FORMAT)
    throw refusal(place, `its format is ${JSON.stringify(format)}, not ${FORMAT}`);
  if (!Array.isArray(plugins)) throw refusal(place, "it has no list of plugins");
  const read = plugins.map((plugin, n) => readPlugin(plugin, place, n));
  if (new Set(read.map(({ name }) => name)).size < read.length) {
    throw refusal(place, "it has a plugin twice");
  }
  return { plugins: read };
}

export const modes: readonly PluginMode[] = ["enforce", "monitor", "disabled"];
const hashPattern = /^[0-9a-f]{64}$/;

function readPlugin(value: unknown, place: string, n: number): StoredPlugin {
  const plugin = value as Partial<StoredPlugin> | null;
  const wrong = (field: string) => refusal(place, `plugins[${n}].${field} is not as it should be`);
  if (typeof plugin !== "object" || plugin === null) throw wrong("name");
  const { name, mode, active, shadow, settings, versions } = plugin;
  try {
    checkName(name, "name");
  } catch {
    throw wrong("name");
  }
  if (!modes.includes(mode as PluginMode)) throw wrong("mode");
  if (typeof settings !== "string") throw wrong("settings");
  if (!Array.isArray(versions) || !versions.every(isVersion)) throw wrong("versions");
  const has = (hash: unknown) => versions.some((version) => version.hash === hash);
  if (!has(active)) throw wrong("active");
  if (shadow !== "" && !has(shadow)) throw wrong("shadow");
  return plugin as StoredPlugin;
}

function isVersion(value: unknown): value is StoredVersion {
  const version = value as Partial<StoredVersion> | null;
  return (
    typeof version === "object" &&
    version !== null &&
    hashPattern.test(String(version.hash)) &&
    typeof version.manifestVersion === "string" &&
    typeof version.signedBy === "string" &&
    Number.isSafeInteger(version.size) &&
    Number.isSafeInteger(version.uploadedMs)
  );
}

function refusal(place: string, why: string): GuidestarError {
  return new GuidestarError(
    "FAILED_PRECONDITION",
    `the plugin store cannot be read: ${place}: ${why}; put a good one in its place, or move it away to begin without plugins`,
  );
}
