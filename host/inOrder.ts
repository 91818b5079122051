/** Runs tasks one at a time, in the order in which they came. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the task does. A task that fails does not keep the next from running. */
  run<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}
