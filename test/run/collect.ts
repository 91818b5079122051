/**
 * Turns the events of several node:test runs into one stream for a reporter: each file becomes a
 * group with its name, the runs' own totals are left out, and everything is counted.
 */
import path from "node:path";
import { testFolder } from "./select.js";
import type { TestEvent } from "./testEvent.js";

export interface Totals {
  tests: number;
  pass: number;
  fail: number;
  cancelled: number;
  skipped: number;
  todo: number;
}

export class Collector {
  readonly totals: Totals = { tests: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  #file: string | undefined;
  #fileFailed = false;
  #groups = 0;
  readonly #durations = new Map<string, number>();
  /** Tests that have begun and not ended, by file: what to blame if the file dies. */
  readonly #running = new Map<string, Set<string>>();

  /** What files have printed whose turn to be shown has not come. */
  readonly #output = new Map<string, TestEvent[]>();

  /** Events to show for one event of a run. */
  *add(event: TestEvent): Generator<TestEvent> {
    const { type, data } = event;
    const file = data.file;
    if (file === undefined) return;
    const isFileItself = data.name === file && data.nesting === 0;
    if (type === "test:dequeue" && !isFileItself) this.#runningIn(file).add(data.name);
    if (type === "test:complete") {
      if (isFileItself) this.#durations.set(file, data.details?.duration_ms ?? 0);
      else this.#runningIn(file).delete(data.name);
    }
    if (type === "test:stdout" || type === "test:stderr") {
      if (this.#file === file) yield event;
      else this.#outputOf(file).push(event);
      return;
    }
    if (type !== "test:start" && type !== "test:pass" && type !== "test:fail") {
      if (type === "test:diagnostic") yield this.#nested(event);
      return;
    }
    if (isUnselected(event)) return;
    if (type === "test:start") {
      if (this.#file !== file) yield* this.#open(file);
      yield this.#nested(event, isFileItself ? "the whole file" : undefined);
      return;
    }
    if (isFileItself && type === "test:pass") {
      yield this.#emptyFile(event);
      return;
    }
    this.#count(event);
    if (isFileItself) this.#blame(event, file);
    yield this.#nested(event, isFileItself ? "the whole file" : undefined);
  }

  /** After the last event of a run. */
  *end(): Generator<TestEvent> {
    if (this.#file === undefined) return;
    const details = {
      duration_ms: this.#durations.get(this.#file) ?? 0,
      type: "suite",
      ...(this.#fileFailed
        ? { error: Object.assign(new Error("failed"), { failureType: "subtestsFailed" }) }
        : {}),
    };
    yield {
      type: this.#fileFailed ? "test:fail" : "test:pass",
      data: { nesting: 0, name: nameOf(this.#file), testNumber: ++this.#groups, details },
    };
    this.#file = undefined;
  }

  *#open(file: string): Generator<TestEvent> {
    yield* this.end();
    this.#file = file;
    this.#fileFailed = false;
    yield { type: "test:start", data: { nesting: 0, name: nameOf(file) } };
    yield* this.#outputOf(file);
    this.#output.delete(file);
  }

  #nested(event: TestEvent, name = event.data.name): TestEvent {
    return { type: event.type, data: { ...event.data, name, nesting: event.data.nesting + 1 } };
  }

  #count({ type, data }: TestEvent): void {
    if (data.details?.type === "suite") {
      if (type === "test:fail") this.#fileFailed = true;
      return;
    }
    const { totals } = this;
    totals.tests++;
    if (data.skip !== undefined) totals.skipped++;
    else if (data.todo !== undefined) totals.todo++;
    else if (type === "test:pass") totals.pass++;
    else {
      const kind = (data.details?.error as { failureType?: string } | undefined)?.failureType;
      if (kind === "cancelledByParent" || kind === "testAborted") totals.cancelled++;
      else totals.fail++;
      this.#fileFailed = true;
    }
  }

  /** A file in which nothing ran proves nothing. */
  #emptyFile(event: TestEvent): TestEvent {
    const error = Object.assign(new Error("no test in this file has run"), {
      failureType: "testCodeFailure",
      stack: "no test in this file has run",
    });
    const failed: TestEvent = {
      type: "test:fail",
      data: { ...event.data, details: { duration_ms: 0, ...event.data.details, error } },
    };
    this.#count(failed);
    return this.#nested(failed, "the whole file");
  }

  /** The file itself failed: it died, was stopped, or could not be loaded. */
  #blame(event: TestEvent, file: string): void {
    const error = event.data.details?.error as
      | (Error & { exitCode?: number | null; signal?: string | null })
      | undefined;
    if (error === undefined) return;
    const running = [...this.#runningIn(file)];
    const text = [
      error.message,
      ...(error.exitCode ? [`exit code ${error.exitCode}`] : []),
      ...(error.signal ? [`killed by ${error.signal}`] : []),
      ...(running.length > 0
        ? [`had not ended: ${running.map((name) => `"${name}"`).join(", ")}`]
        : []),
    ].join("; ");
    error.message = text;
    if (typeof error.cause === "string") error.cause = text;
  }

  #outputOf(file: string): TestEvent[] {
    const events = this.#output.get(file) ?? [];
    this.#output.set(file, events);
    return events;
  }

  #runningIn(file: string): Set<string> {
    const names = this.#running.get(file) ?? new Set<string>();
    this.#running.set(file, names);
    return names;
  }
}

/** With a name pattern, this Node reports every other test as skipped. */
function isUnselected({ data }: TestEvent): boolean {
  return data.skip === "test name does not match pattern";
}

function nameOf(file: string): string {
  return path.relative(testFolder, file).replace(/\.test\.js$/, "");
}
