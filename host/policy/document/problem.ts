/** What is wrong with a policy, and where. */
import { GuidestarError } from "../../errors.js";

/** Both from 1, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly at: Position;
  /** Where in the document, what is wrong, what is allowed: `spec.kprobes[0].call: …`. */
  readonly message: string;
}

/** A document that was refused: `INVALID_ARGUMENT`, everything that was found wrong a line each. */
export class PolicyError extends GuidestarError {
  constructor(
    readonly problems: readonly Problem[],
    options?: { readonly cause?: unknown },
  ) {
    super("INVALID_ARGUMENT", textOf(problems), options);
  }
}

/** More than these do not help who reads them. */
const mostShown = 20;

function textOf(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, mostShown)
    .map(({ at, message }) => `policy, line ${at.line}, column ${at.column}: ${message}`);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

/** Thrown to leave what cannot be made sense of; the problem itself has been noted already. */
class Refused extends Error {}

/** A place in the document, and where the problems that are found there are noted. */
export class Place {
  constructor(
    /** `spec.kprobes[0]`; "" is the document itself. */
    readonly path: string,
    readonly problems: Problem[],
  ) {}

  /** `step`: a field's name, or an index in brackets. */
  in(step: string): Place {
    const joint = this.path === "" || step.startsWith("[") ? "" : ".";
    return new Place(`${this.path}${joint}${step}`, this.problems);
  }

  /** Notes a problem and goes on. */
  note(at: Position, message: string): void {
    this.problems.push({ at, message: this.path === "" ? message : `${this.path}: ${message}` });
  }

  /** Notes a problem and leaves for the nearest `attempt`. */
  refuse(at: Position, message: string): never {
    this.note(at, message);
    throw new Refused();
  }

  /** Goes on after a problem, so that one look finds all of them. */
  attempt<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return undefined;
    }
  }

  /** Reads each, the broken ones too, and leaves only then. */
  all<Item, Result>(
    items: readonly Item[],
    read: (item: Item, place: Place, index: number) => Result,
  ): Result[] {
    const before = this.problems.length;
    const results = items.map((item, index) =>
      this.attempt(() => read(item, this.in(`[${index}]`), index)),
    );
    this.leaveIfBroken(before);
    return results as Result[];
  }

  /** `before`: how many problems there were when this began. */
  leaveIfBroken(before: number): void {
    if (this.problems.length > before) throw new Refused();
  }
}

/** Reads a whole document; throws `PolicyError` with all that is wrong. */
export function collectProblems<Result>(read: (place: Place) => Result): Result {
  const place = new Place("", []);
  const result = place.attempt(() => read(place));
  if (place.problems.length > 0) throw new PolicyError(inOrder(place.problems));
  return result as Result;
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}

/** A value as messages show it: cut, and without anything that could disturb a terminal. */
export function quoted(value: unknown): string {
  if (typeof value !== "string") return String(value);
  const text = JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  return text.replace(/[\u007f-\u009f\u2028-\u202e]/g, "?");
}
