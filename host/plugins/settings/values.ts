import { GuidestarError } from "../../errors.js";
import { closest } from "../../suggest.js";
import type { ObjectSchema, SettingsSchema, ValueSchema } from "./schema.js";

/**
 * Settings as the plugin gets them: JSON in which every property that has a value or a default is there,
 * in the order of the schema. `values`: what the user set, an object or its JSON.
 * @throws GuidestarError INVALID_ARGUMENT, naming the setting
 */
export function settingsJson(schema: SettingsSchema, values: unknown, place = "settings"): string {
  return JSON.stringify(checkValue(schema, parsed(values, place), place));
}

function parsed(values: unknown, place: string): unknown {
  if (typeof values !== "string") return values ?? {};
  try {
    return JSON.parse(values);
  } catch (error) {
    return refuse(`${place}: not valid JSON: ${(error as Error).message}`);
  }
}

/** The value with defaults filled in. @throws GuidestarError */
export function checkValue(schema: ValueSchema, value: unknown, place: string): unknown {
  switch (schema.type) {
    case "boolean":
      if (typeof value !== "boolean") refuse(`${place} must be true or false, not ${shown(value)}`);
      return value;
    case "integer":
    case "number":
      return checkNumber(schema, value, place);
    case "string":
      return checkText(schema, value, place);
    case "array": {
      if (!Array.isArray(value)) return refuse(`${place} must be a list, not ${shown(value)}`);
      const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
      range(value.length, minItems, maxItems, `${place} has`, "entries");
      return value.map((item, n) => checkValue(schema.items, item, `${place}[${n}]`));
    }
    case "object":
      return checkObject(schema, value, place);
  }
}

function checkObject(schema: ObjectSchema, value: unknown, place: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(`${place} must be an object, not ${shown(value)}`);
  }
  const given = value as Record<string, unknown>;
  const names = Object.keys(schema.properties);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      refuse(`${place} has no ${JSON.stringify(name)}${closest(name, names)}`);
    }
  }
  const checked: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const set = Object.hasOwn(given, name) ? given[name] : property.default;
    if (set !== undefined) checked[name] = checkValue(property, set, `${place}.${name}`);
    else if (schema.required?.includes(name)) refuse(`${place}.${name} must be set`);
    else if (property.type === "object")
      checked[name] = checkValue(property, {}, `${place}.${name}`);
  }
  return checked;
}

function checkNumber(
  schema: Extract<ValueSchema, { type: "integer" | "number" }>,
  value: unknown,
  place: string,
): number {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const isNumber = typeof value === "number" && Number.isFinite(value);
  if (!isNumber || (schema.type === "integer" && !Number.isSafeInteger(value))) {
    const what = schema.type === "integer" ? "a whole number" : "a number";
    return refuse(`${place} must be ${what}, not ${shown(value)}`);
  }
  range(value, minimum, maximum, `${place} is`, "");
  return value;
}

function checkText(
  schema: Extract<ValueSchema, { type: "string" }>,
  value: unknown,
  place: string,
): string {
  if (typeof value !== "string") return refuse(`${place} must be a text, not ${shown(value)}`);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  range(value.length, minLength, maxLength, `${place} has`, "characters");
  if (schema.enum && !schema.enum.includes(value)) {
    const hint = closest(value, schema.enum);
    refuse(`${place} must be one of ${schema.enum.join(", ")}, not ${shown(value)}${hint}`);
  }
  return value;
}

function range(value: number, least: number, most: number, start: string, unit: string): void {
  if (value >= least && value <= most) return;
  const limit = value < least ? `at least ${least}` : `at most ${most}`;
  refuse(`${start} ${value}${unit === "" ? "" : ` ${unit}`}, it must be ${limit}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refuse(message: string): never {
  throw new GuidestarError("INVALID_ARGUMENT", message);
}
