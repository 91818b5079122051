/** Filters by expressions in the Common Expression Language (https://cel.dev). */
import type { CelInput } from "@bufbuild/cel";
import { GuidestarError } from "../../errors.js";
import type { Event } from "../../events/model.js";
import type { EventTest } from "../filter.js";
import { type CelLibrary, celLibrary } from "./library.js";
import { nameProblem } from "./names.js";

/** The message of an event as a client would get it, whole and without a frame; until the next call. */
export type MessageOf = (event: Event) => Uint8Array;

/**
 * Passes events for which one of the expressions is true. Whatever cannot be worked out for an event
 * is no match. Throws `INVALID_ARGUMENT` with line and column.
 */
export function byExpressions(
  expressions: readonly string[],
  place: string,
  messageOf: MessageOf,
): EventTest {
  const library = celLibrary();
  const tests = expressions.map((text, i) => compile(library, text, `${place}[${i}]`));
  return (event) => {
    const values = valuesOf(library, messageOf(event));
    return tests.some((test) => test(values) === true);
  };
}

type Values = Record<string, CelInput>;

function compile({ cel, env, ...known }: CelLibrary, text: string, place: string) {
  if (text.length > mostCharacters)
    throw invalid(`${place}: ${text.length} characters; ${mostCharacters} are the most`);
  const parsed = parse(cel, text, place);
  if (parsed.expr) {
    const problem = nameProblem(parsed.expr, known);
    const offset = problem && parsed.sourceInfo?.positions[String(problem.id)];
    if (problem) throw invalid(`${place}: ${position(text, offset ?? 0)}: ${problem.reason}`);
  }
  const evaluate = cel.plan(env, parsed);
  // An expression that is not about truth is so for every event.
  const value = evaluate(emptyValues({ cel, env, ...known }));
  if (typeof value !== "boolean" && !cel.isCelError(value))
    throw invalid(`${place}: the expression is no condition: it must be true or false`);
  return evaluate;
}

function parse(cel: CelLibrary["cel"], text: string, place: string) {
  try {
    return cel.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const [, line, column, reason] = /^<input>:(\d+):(\d+): (.*)$/s.exec(message) ?? [];
    const where = line === undefined ? message : `line ${line}, column ${column}: ${reason}`;
    throw invalid(`${place}: ${where}`, error);
  }
}

function valuesOf(library: CelLibrary, message: Uint8Array): Values {
  const { protobuf, response } = library;
  const decoded = protobuf.fromBinary(response, message);
  const { event } = decoded as unknown as { event: { case?: string; value?: CelInput } };
  const values = emptyValues(library);
  const body = response.fields.find(({ localName }) => localName === event.case);
  if (body && event.value !== undefined) values[body.name] = event.value;
  return values;
}

const empty = new WeakMap<CelLibrary["bodies"], Values>();

function emptyValues({ protobuf, bodies }: CelLibrary): Values {
  let values = empty.get(bodies);
  if (!values) {
    const made = Array.from(bodies, ([name, type]) => [name, protobuf.create(type)] as const);
    values = Object.fromEntries(made) as Values;
    empty.set(bodies, values);
  }
  return { ...values };
}

const mostCharacters = 4096;

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function invalid(message: string, cause?: unknown): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message, { cause });
}
