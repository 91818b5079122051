/** Reports again, as subtests of a test here, what tests in the guest reported. */
import type { TestContext } from "node:test";
import { FileReport, noTotals } from "../run/report.js";
import type { TestEvent } from "../run/testEvent.js";
import { unwireEvent, type WireEvent } from "./messages.js";

interface Open {
  readonly context: TestContext;
  /** Ends the subtest: passed, or failed with this error. */
  readonly close: (error?: Error) => void;
  readonly ended: Promise<void>;
}

export class Reemitter {
  readonly totals = noTotals();
  #report: { readonly test: string; readonly report: FileReport } | undefined;
  readonly #open: Open[] = [];
  /** Its result is known, and what it had to say may still come. */
  #closing: { readonly event: TestEvent; readonly open: Open } | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(private readonly root: TestContext) {}

  add(test: string, wire: WireEvent): void {
    this.#report ??= { test, report: new FileReport(test, this.totals, true) };
    for (const event of this.#report.report.add(unwireEvent(wire))) this.#later(event);
  }

  /** The test file has nothing more to report; with a reason, it had no chance to. */
  endFile(test: string, failure?: string): void {
    const report = this.#report?.report ?? new FileReport(test, this.totals, true);
    this.#report = undefined;
    if (failure !== undefined) this.#breakOff(failure);
    for (const event of report.end(failure)) this.#later(event);
  }

  /** Resolves when everything has been reported. */
  async end(): Promise<void> {
    this.#queue = this.#queue.then(() => this.#finishClosing());
    await this.#queue;
  }

  /** What runs in the file has failed; the file's own group stays open. */
  #breakOff(failure: string): void {
    this.#queue = this.#queue.then(async () => {
      await this.#finishClosing();
      for (const open of this.#open.splice(1).reverse()) {
        open.close(plainError(failure));
        await open.ended;
      }
    });
  }

  #later(event: TestEvent): void {
    this.#queue = this.#queue.then(() => this.#show(event));
  }

  async #show(event: TestEvent): Promise<void> {
    const { type, data } = event;
    if (type === "test:diagnostic") {
      const target = this.#closing?.open ?? this.#open.at(-1);
      (target?.context ?? this.root).diagnostic(data.message ?? "");
      return;
    }
    await this.#finishClosing();
    if (type === "test:start") {
      this.#open.push(await this.#begin(data.name));
      return;
    }
    const open = this.#open.pop();
    if (open !== undefined) this.#closing = { event, open };
  }

  async #begin(name: string): Promise<Open> {
    const parent = this.#open.at(-1)?.context ?? this.root;
    let close: Open["close"] = () => {};
    let ended = Promise.resolve();
    const context = await new Promise<TestContext>((begun) => {
      ended = parent.test(name, (subtest) => {
        begun(subtest);
        return new Promise<void>((resolve, reject) => {
          close = (error) => (error === undefined ? resolve() : reject(error));
        });
      });
    });
    return { context, close, ended };
  }

  async #finishClosing(): Promise<void> {
    if (this.#closing === undefined) return;
    const { event, open } = this.#closing;
    this.#closing = undefined;
    const { skip, todo, details } = event.data;
    const reason = (value: string | boolean) => (typeof value === "string" ? value : undefined);
    if (skip !== undefined) open.context.skip(reason(skip));
    if (todo !== undefined) open.context.todo(reason(todo));
    const error = event.type === "test:fail" ? details?.error : undefined;
    const failedBySubtests =
      (error as { failureType?: string } | undefined)?.failureType === "subtestsFailed";
    open.close(failedBySubtests ? undefined : error);
    await open.ended;
  }
}

/** Where it was made tells nobody anything. */
function plainError(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}
