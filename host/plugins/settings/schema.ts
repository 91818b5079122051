import { GuidestarError } from "../../errors.js";
import { closest } from "../../suggest.js";
import { checkValue } from "./values.js";

/** What a value may be: the part of JSON Schema that settings use. Objects take no other properties. */
export type ValueSchema =
  | (Common & { readonly type: "boolean" })
  | (Common & {
      readonly type: "integer" | "number";
      readonly minimum?: number;
      readonly maximum?: number;
    })
  | (Common & {
      readonly type: "string";
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly enum?: readonly string[];
    })
  | (Common & {
      readonly type: "array";
      readonly items: ValueSchema;
      readonly minItems?: number;
      readonly maxItems?: number;
    })
  | (Common & ObjectSchema);

export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
}

interface Common {
  readonly description?: string;
  readonly default?: unknown;
}

/** The schema of a plugin's settings: an object. */
export type SettingsSchema = Common & ObjectSchema;

const keywords: Readonly<Record<string, readonly string[]>> = {
  boolean: [],
  integer: ["minimum", "maximum"],
  number: ["minimum", "maximum"],
  string: ["minLength", "maxLength", "enum"],
  array: ["items", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"],
};
const common = ["type", "description", "default"];
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const DEEPEST = 8;

/** Checks the schema in a manifest; `place` names it in errors. @throws GuidestarError */
export function checkSchema(schema: unknown, place: string): SettingsSchema {
  check(schema, place, 0);
  if ((schema as ValueSchema).type !== "object") refuse(`${place} must be of the type "object"`);
  return schema as SettingsSchema;
}

function check(schema: unknown, place: string, depth: number): void {
  if (!isObject(schema)) throw refusal(`${place} must be a JSON schema: an object with a "type"`);
  if (depth > DEEPEST) throw refusal(`${place} nests deeper than ${DEEPEST}`);
  const { type } = schema;
  const own = typeof type === "string" ? keywords[type] : undefined;
  if (own === undefined) {
    const types = Object.keys(keywords).join(", ");
    throw refusal(
      `type in ${place} must be one of ${types}, not ${JSON.stringify(type) ?? "nothing"}`,
    );
  }
  const known = [...common, ...own];
  for (const word of Object.keys(schema)) {
    if (!known.includes(word)) {
      refuse(
        `${place} has ${JSON.stringify(word)}, which is not for ${type}${closest(word, known)}`,
      );
    }
  }
  for (const word of ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"]) {
    const value = schema[word];
    if (value !== undefined && typeof value !== "number") {
      refuse(`${word} in ${place} must be a number`);
    }
  }
  checkEnum(schema.enum, place);
  if (type === "array") check(schema.items, `${place}.items`, depth + 1);
  if (type === "object") checkProperties(schema, place, depth);
  if (schema.default !== undefined) {
    checkValue(schema as unknown as ValueSchema, schema.default, `default in ${place}`);
  }
}

function checkEnum(list: unknown, place: string): void {
  if (list === undefined) return;
  const isGood =
    Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === "string");
  if (!isGood) refuse(`enum in ${place} must be a list of texts`);
}

function checkProperties(schema: Record<string, unknown>, place: string, depth: number): void {
  const { properties, required, additionalProperties } = schema;
  if (!isObject(properties)) throw refusal(`${place} must have "properties"`);
  if (additionalProperties !== undefined && additionalProperties !== false) {
    refuse(`additionalProperties in ${place} can only be false`);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!namePattern.test(name)) {
      refuse(`${place} has the property ${JSON.stringify(name)}: letters, digits, "_" and "-"`);
    }
    check(property, `${place}.${name}`, depth + 1);
  }
  if (required === undefined) return;
  const names = Object.keys(properties);
  if (!Array.isArray(required) || !required.every((name) => names.includes(name))) {
    refuse(`required in ${place} must be a list of its properties`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(message: string): never {
  throw refusal(message);
}

function refusal(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
