import { GuidestarError } from "../../errors.js";
import { closest } from "../../suggest.js";

export type Json = Record<string, unknown>;

/** What somebody wrote down in a file: every mistake is told with the file and the place in it. */
export class Given {
  constructor(private readonly source: string) {}

  refusal(message: string): GuidestarError {
    return new GuidestarError("INVALID_ARGUMENT", `${this.source}: ${message}`);
  }

  object(value: unknown, place: string): Json {
    if (isObject(value)) return value;
    throw this.refusal(`${place} must be an object`);
  }

  text(given: Json, name: string, place: string, otherwise = ""): string {
    const value = given[name] ?? otherwise;
    if (typeof value !== "string") throw this.refusal(`${place}.${name} must be a text`);
    return value;
  }

  /** Refuses names that are not among these. */
  known(given: Json, names: readonly string[], place: string): void {
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue;
      throw this.refusal(`${place} has the unknown field "${name}"${closest(name, names)}`);
    }
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
