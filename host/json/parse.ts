/**
 * JSON text into nodes that know where they stand, so that an error can name the place, and that
 * keep numbers as they were written, so that 64-bit integers stay exact. JSON.parse does neither.
 */
import { GuidestarError } from "../errors.js";

export type JsonNode =
  | { readonly kind: "object"; readonly at: number; readonly members: readonly JsonMember[] }
  | { readonly kind: "array"; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly at: number; readonly value: string }
  | { readonly kind: "number"; readonly at: number; readonly text: string }
  | { readonly kind: "boolean"; readonly at: number; readonly value: boolean }
  | { readonly kind: "null"; readonly at: number };

export interface JsonMember {
  readonly key: string;
  readonly keyAt: number;
  readonly value: JsonNode;
}

/** Wrong JSON, or JSON that does not fit its message. `at` is the offset in the text. */
export class JsonError extends GuidestarError {
  constructor(
    readonly reason: string,
    readonly at: number,
    text: string,
  ) {
    super("INVALID_ARGUMENT", `${placeOf(text, at)}: ${reason}`);
  }
}

/** Parses all values in the text: one after another, with blanks or nothing between. */
export function parseJsonValues(text: string): JsonNode[] {
  const parser = new Parser(text);
  const values: JsonNode[] = [];
  while (!parser.atEnd()) values.push(parser.value(0));
  return values;
}

/** Parses a text that is exactly one value. */
export function parseJson(text: string): JsonNode {
  const parser = new Parser(text);
  const value = parser.value(0);
  if (!parser.atEnd()) parser.fail("nothing may follow the value");
  return value;
}

/** `column 5`, or `line 2, column 5` in a text of several lines. Counted from 1. */
export function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const column = before.length - before.lastIndexOf("\n");
  if (!text.trimEnd().includes("\n")) return `column ${column}`;
  return `line ${before.split("\n").length}, column ${column}`;
}

const maxDepth = 100;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /[\w.+-]+/y;
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Stands for itself. */
const simpleToken = /^"[ !#-[\]-\ud7ff\ue000-\uffff]*"$/;
/** Anything below the space: JSON wants it escaped. */
const control = /[^ -\u{10ffff}]/u;
const loneSurrogate = /\p{Surrogate}/u;

class Parser {
  private position = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    while (isBlank(this.text.charCodeAt(this.position))) this.position++;
    return this.position === this.text.length;
  }

  value(depth: number): JsonNode {
    if (depth > maxDepth) this.fail(`values are nested more than ${maxDepth} deep`);
    if (this.atEnd()) this.fail("the text ends where a value should be");
    const at = this.position;
    switch (this.text[at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return { kind: "string", at, value: this.string() };
    }
    const digits = this.match(number);
    if (digits !== "" && this.match(word) === "") return { kind: "number", at, text: digits };
    this.position = at;
    const literal = this.match(word);
    if (literal === "true" || literal === "false") {
      return { kind: "boolean", at, value: literal === "true" };
    }
    if (literal === "null") return { kind: "null", at };
    this.position = at;
    return this.fail(`${this.here()} is no JSON value`);
  }

  fail(reason: string): never {
    throw new JsonError(reason, this.position, this.text);
  }

  private object(depth: number): JsonNode {
    const at = this.position++;
    const members: JsonMember[] = [];
    const keys = new Set<string>();
    while (!this.closes("}", members.length)) {
      if (this.text[this.position] !== '"')
        this.fail(`${this.here()} stands where a name in double quotes should be`);
      const keyAt = this.position;
      const key = this.string();
      if (keys.has(key)) {
        throw new JsonError(`${JSON.stringify(key)} is there twice`, keyAt, this.text);
      }
      keys.add(key);
      if (this.atEnd() || this.text[this.position] !== ":") {
        this.fail(`${this.here()} stands where the ':' after ${JSON.stringify(key)} should be`);
      }
      this.position++;
      members.push({ key, keyAt, value: this.value(depth + 1) });
    }
    return { kind: "object", at, members };
  }

  private array(depth: number): JsonNode {
    const at = this.position++;
    const items: JsonNode[] = [];
    while (!this.closes("]", items.length)) items.push(this.value(depth + 1));
    return { kind: "array", at, items };
  }

  /** Whether the list ends here; else steps over the comma to the next item. */
  private closes(end: "}" | "]", itemsBefore: number): boolean {
    if (this.atEnd()) this.fail(`the text ends before the closing '${end}'`);
    if (this.text[this.position] === end) {
      this.position++;
      return true;
    }
    if (itemsBefore === 0) return false;
    if (this.text[this.position] !== ",")
      this.fail(`${this.here()} stands where ',' or '${end}' should be`);
    this.position++;
    if (this.atEnd()) this.fail(`the text ends before the closing '${end}'`);
    if (this.text[this.position] === end) this.fail("a comma must be followed by another item");
    return false;
  }

  private string(): string {
    const at = this.position;
    let end = at;
    do {
      end = this.text.indexOf('"', end + 1);
      if (end < 0) this.fail("the string is not closed");
    } while (this.isEscaped(end));
    const token = this.text.slice(at, end + 1);
    if (simpleToken.test(token)) {
      this.position = end + 1;
      return token.slice(1, -1);
    }
    if (control.test(token)) this.fail("the string has a control character that is not escaped");
    const value = token.includes("\\") ? this.unescaped(token) : token.slice(1, -1);
    if (loneSurrogate.test(value)) this.fail("the string has half a surrogate pair");
    this.position = end + 1;
    return value;
  }

  private isEscaped(quoteAt: number): boolean {
    let at = quoteAt;
    while (this.text[at - 1] === "\\") at--;
    return (quoteAt - at) % 2 === 1;
  }

  private unescaped(token: string): string {
    try {
      return JSON.parse(token) as string;
    } catch {
      return this.fail("the string has an escape that JSON does not know");
    }
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.position += found.length;
    return found;
  }

  /** What stands at the position, for an error. */
  private here(): string {
    if (this.position === this.text.length) return "the end of the text";
    const found = this.match(word);
    this.position -= found.length;
    return `'${found.slice(0, 20) || String.fromCodePoint(this.text.codePointAt(this.position) ?? 0)}'`;
  }
}
