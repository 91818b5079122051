/**
 * Turns the events of a node:test run of one file into a group with the file's name, for a reporter
 * that shows many; leaves out the run's own totals, and counts.
 */
import type { TestEvent } from "./testEvent.js";

export interface Totals {
  tests: number;
  pass: number;
  fail: number;
  cancelled: number;
  skipped: number;
  todo: number;
}

export const noTotals = (): Totals => ({
  tests: 0,
  pass: 0,
  fail: 0,
  cancelled: 0,
  skipped: 0,
  todo: 0,
});

/** Characters. */
const outputKept = 4000;

export class FileReport {
  #begun = false;
  #failed = false;
  #durationMs = 0;
  /** Tests that have begun and not ended: what to blame if the file dies. */
  readonly #running = new Set<string>();

  /** By nesting: whether a test at that depth has ended since the one around it began. */
  readonly #ended: boolean[] = [];

  /** The last of what it printed. */
  #output = "";

  /** Counts into `totals`, which may be shared. `tellOutput`: what it printed is not shown elsewhere. */
  constructor(
    private readonly name: string,
    private readonly totals: Totals,
    private readonly tellOutput = false,
  ) {}

  /** Events to show for one event of the run. */
  *add(event: TestEvent): Generator<TestEvent> {
    const { type, data } = event;
    const isFileItself = data.nesting === 0 && data.name !== undefined && data.name === data.file;
    switch (type) {
      case "test:stdout":
      case "test:stderr":
        if (this.tellOutput) this.#output = (this.#output + data.message).slice(-outputKept);
        else yield event;
        break;
      case "test:dequeue":
        if (!isFileItself) this.#running.add(data.name);
        break;
      case "test:complete":
        if (isFileItself) this.#durationMs = Math.round(data.details?.duration_ms ?? 0);
        else this.#running.delete(data.name);
        break;
      case "test:diagnostic":
        // Those without a file are the run's totals.
        if (data.file !== undefined && this.#begun) yield this.#nested(event);
        break;
      case "test:start":
        if (isUnselected(event)) break;
        yield* this.#begin();
        yield this.#nested(event, isFileItself ? this.#theFile : data.name);
        break;
      case "test:pass":
      case "test:fail":
        if (isUnselected(event)) break;
        yield isFileItself ? this.#fileItself(event) : this.#count(event);
    }
  }

  /** After the last event. `failure`: why there are not more. */
  *end(failure?: string): Generator<TestEvent> {
    if (failure !== undefined) {
      yield* this.#begin();
      const data = { name: this.#theFile, nesting: 0 };
      yield this.#nested({ type: "test:start", data });
      yield this.#fileItself({
        type: "test:fail",
        data: { ...data, details: { duration_ms: 0, error: failedWith(failure) } },
      });
    }
    if (!this.#begun) return;
    const details = { duration_ms: this.#durationMs, type: "suite" };
    const data = { nesting: 0, name: this.name, testNumber: 1 };
    yield this.#failed
      ? {
          type: "test:fail",
          data: { ...data, details: { ...details, error: failedWith("failed", "subtestsFailed") } },
        }
      : { type: "test:pass", data: { ...data, details } };
  }

  get #theFile(): string {
    return `${this.name} as a whole`;
  }

  *#begin(): Generator<TestEvent> {
    if (this.#begun) return;
    this.#begun = true;
    yield { type: "test:start", data: { nesting: 0, name: this.name } };
  }

  #nested(event: TestEvent, name = event.data.name): TestEvent {
    const { details, nesting, ...rest } = event.data;
    const rounded = details && { ...details, duration_ms: Math.round(details.duration_ms) };
    const data = { ...rest, name, nesting: nesting + 1, ...(rounded && { details: rounded }) };
    return { type: event.type, data };
  }

  #count(event: TestEvent, name = event.data.name): TestEvent {
    const { type, data } = event;
    const { totals } = this;
    const passed = type === "test:pass";
    const kind = (data.details?.error as { failureType?: string } | undefined)?.failureType;
    if (!passed && data.todo === undefined) this.#failed = true;
    // Only what has no tests in it is one: else each failure would count several times.
    const hasInner = this.#ended[data.nesting + 1] === true;
    this.#ended[data.nesting + 1] = false;
    this.#ended[data.nesting] = true;
    if (data.details?.type !== "suite" && !(hasInner && (passed || kind === "subtestsFailed"))) {
      totals.tests++;
      if (data.skip !== undefined) totals.skipped++;
      else if (data.todo !== undefined) totals.todo++;
      else if (passed) totals.pass++;
      else if (kind === "cancelledByParent" || kind === "testAborted") totals.cancelled++;
      else totals.fail++;
    }
    return this.#nested(event, name);
  }

  /** It died, was stopped, could not be loaded; or nothing ran in it, which proves nothing. */
  #fileItself({ type, data }: TestEvent): TestEvent {
    const error = data.details?.error as
      | (Error & { exitCode?: number | null; signal?: string | null })
      | undefined;
    const text = [
      type === "test:pass" ? "no test in this file has run" : (error?.message ?? "failed"),
      ...(error?.exitCode ? [`exit code ${error.exitCode}`] : []),
      ...(error?.signal ? [`killed by ${error.signal}`] : []),
      ...(this.#running.size > 0 ? [`had not ended: ${[...this.#running].join(", ")}`] : []),
    ]
      .join("; ")
      .concat(this.#output && `\nIts output:\n${this.#output.trimEnd()}`);
    const details = { duration_ms: data.details?.duration_ms ?? 0, error: failedWith(text) };
    return this.#count({ type: "test:fail", data: { ...data, details } }, this.#theFile);
  }
}

/** In the form in which node:test itself tells of failures that no test has thrown. */
function failedWith(message: string, failureType = "testCodeFailure"): Error {
  const code = "ERR_TEST_FAILURE";
  return Object.assign(new Error(message), { code, failureType, cause: message, stack: message });
}

/** With a name pattern, this Node reports every other test as skipped. */
function isUnselected({ data }: TestEvent): boolean {
  return data.skip === "test name does not match pattern";
}
