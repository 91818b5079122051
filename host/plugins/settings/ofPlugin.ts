import { GuidestarError } from "../../errors.js";
import type { PreparedPlugin } from "../prepared.js";
import { settingsJson } from "./values.js";

/**
 * What a plugin gets that is given these settings, an object or its JSON, with defaults; "": it has
 * none. @throws GuidestarError naming the setting
 */
export function settingsFor({ name, schema }: PreparedPlugin, settings: unknown): string {
  if (schema) return settingsJson(schema, settings === "" ? {} : settings);
  if (settings === "" || isEmpty(settings)) return "";
  throw new GuidestarError("INVALID_ARGUMENT", `plugin ${name} has no settings`);
}

/** The settings of another version if this one takes them, else its defaults. */
export function fittingSettings(prepared: PreparedPlugin, settings: string): string {
  try {
    return settingsFor(prepared, settings);
  } catch {
    return prepared.settings;
  }
}

function isEmpty(settings: unknown): boolean {
  const text = typeof settings === "string" ? settings : JSON.stringify(settings);
  return text.trim() === "{}";
}
