import { GuidestarError } from "../../errors.js";
import { closest } from "../closest.js";

/**
 * What a plugin's settings may be: the part of JSON Schema that can be checked in linear time, whoever
 * wrote it. No patterns and no references.
 */
export interface SettingsSchema {
  readonly type: SettingsType;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  /** Of an object. Others than these are refused. */
  readonly properties?: Readonly<Record<string, SettingsSchema>>;
  readonly required?: readonly string[];
  /** Of a list. */
  readonly items?: SettingsSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Of a text; characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Of a number. */
  readonly minimum?: number;
  readonly maximum?: number;
}

export type SettingsType = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** What stands beside `type` for each type, and for all. */
const keywords: Readonly<Record<SettingsType, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength"],
  integer: ["minimum", "maximum"],
  number: ["minimum", "maximum"],
  boolean: [],
};
const common = ["type", "title", "description", "default", "enum"];
const numbers = ["minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"];
const DEEPEST = 8;

/** Checks the schema in a manifest; `place` names it in errors. */
export function checkSchema(value: unknown, place: string): SettingsSchema {
  const schema = check(value, place, 0);
  if (schema.type !== "object") refuse(`${place}: its type must be "object"`);
  return schema;
}

function check(value: unknown, place: string, depth: number): SettingsSchema {
  if (depth > DEEPEST) refuse(`${place} is nested deeper than ${DEEPEST}`);
  if (!isObject(value)) return refuse(`${place} must be a JSON object, a schema of settings`);
  const types = Object.keys(keywords);
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(keywords, type)) {
    const hint = typeof type === "string" ? closest(type, types) : "";
    return refuse(`${place} must have a type, one of ${types.join(", ")}${hint}`);
  }
  const allowed = [...common, ...keywords[type as SettingsType]];
  for (const [word, given] of Object.entries(value)) {
    if (!allowed.includes(word)) {
      refuse(
        `${place} has ${JSON.stringify(word)}, which a ${type} cannot have: ${allowed.join(", ")} are known${closest(word, allowed)}`,
      );
    }
    if (numbers.includes(word) && !Number.isFinite(given))
      refuse(`${place}.${word} must be a number`);
  }
  if (value.enum !== undefined && !Array.isArray(value.enum))
    refuse(`${place}.enum must be a list`);
  if (value.additionalProperties !== undefined && value.additionalProperties !== false) {
    refuse(
      `${place}.additionalProperties can only be false: settings that are not known are refused`,
    );
  }
  checkInside(value, place, depth);
  return value as unknown as SettingsSchema;
}

function checkInside(value: Record<string, unknown>, place: string, depth: number): void {
  const { properties = {}, required = [], items } = value;
  if (!isObject(properties)) throw refusal(`${place}.properties must be a JSON object`);
  for (const [name, inner] of Object.entries(properties)) {
    check(inner, `${place}.properties.${name}`, depth + 1);
  }
  const known = (name: unknown) => typeof name === "string" && Object.hasOwn(properties, name);
  if (!Array.isArray(required) || !required.every(known)) {
    refuse(`${place}.required must be a list of names that are in its properties`);
  }
  if (value.type === "array" && items === undefined) refuse(`${place} must say what its items are`);
  if (items !== undefined) check(items, `${place}.items`, depth + 1);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(message: string): never {
  throw refusal(message);
}

function refusal(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
