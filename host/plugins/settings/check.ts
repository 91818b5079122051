import { GuidestarError } from "../../errors.js";
import { closest } from "../closest.js";
import { isObject, type SettingsSchema } from "./schema.js";

/** Of a plugin's settings, as JSON text. */
const LONGEST = 256 * 1024;

/**
 * Checks settings against the schema of a plugin (JSON text, "" if it has none) and fills in defaults.
 * `json` may be "", which is `{}`. Returns JSON text.
 * @throws GuidestarError INVALID_ARGUMENT, naming the setting
 */
export function checkSettings(schema: string, json: string, plugin: string): string {
  if (json.length > LONGEST)
    refuse(`the settings of ${plugin} are longer than ${LONGEST} characters`);
  const value = parse(json === "" ? "{}" : json, plugin);
  if (!isObject(value)) return refuse(`the settings of ${plugin} must be a JSON object`);
  if (schema === "") {
    if (Object.keys(value).length > 0) {
      refuse(`${plugin} has no settings: its manifest has no "settings"`);
    }
    return "{}";
  }
  return JSON.stringify(fill(JSON.parse(schema) as SettingsSchema, value, "settings"));
}

function parse(json: string, plugin: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    return refuse(`the settings of ${plugin} are not valid JSON: ${(error as Error).message}`);
  }
}

/** The value with defaults in it, or an error that names the place. */
function fill(schema: SettingsSchema, value: unknown, place: string): unknown {
  checkType(schema, value, place);
  if (schema.enum && !schema.enum.some((one) => JSON.stringify(one) === JSON.stringify(value))) {
    refuse(
      `${place} must be one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}, not ${quote(value)}`,
    );
  }
  if (typeof value === "string")
    within(value.length, schema.minLength, schema.maxLength, `${place} must have`, "characters");
  if (typeof value === "number")
    within(value, schema.minimum, schema.maximum, `${place} must be`, "");
  if (Array.isArray(value)) {
    within(value.length, schema.minItems, schema.maxItems, `${place} must have`, "items");
    return value.map((item, n) => fill(schema.items as SettingsSchema, item, `${place}[${n}]`));
  }
  return isObject(value) ? fillObject(schema, value, place) : value;
}

function fillObject(schema: SettingsSchema, value: Record<string, unknown>, place: string) {
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties);
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(properties, name)) {
      const known = names.length > 0 ? `: known are ${names.join(", ")}` : "";
      refuse(`${place}.${name} is not known${known}${closest(name, names)}`);
    }
  }
  const filled: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? value[name] : inner.default;
    if (given !== undefined) filled.push([name, fill(inner, given, `${place}.${name}`)]);
    else if (required.includes(name)) refuse(`${place}.${name} is missing`);
  }
  return Object.fromEntries(filled);
}

function checkType({ type }: SettingsSchema, value: unknown, place: string): void {
  const fits =
    type === "array"
      ? Array.isArray(value)
      : type === "object"
        ? isObject(value)
        : type === "integer"
          ? Number.isSafeInteger(value)
          : typeof value === type;
  const article = /^[aeio]/.test(type) ? "an" : "a";
  if (!fits) refuse(`${place} must be ${article} ${type}, not ${quote(value)}`);
}

function within(
  value: number,
  least: number | undefined,
  most: number | undefined,
  must: string,
  unit: string,
): void {
  const end = unit === "" ? "" : ` ${unit}`;
  if (least !== undefined && value < least) refuse(`${must} at least ${least}${end}, not ${value}`);
  if (most !== undefined && value > most) refuse(`${must} at most ${most}${end}, not ${value}`);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refuse(message: string): never {
  throw new GuidestarError("INVALID_ARGUMENT", message);
}
