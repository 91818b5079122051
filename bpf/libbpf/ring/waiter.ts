import { FdWatch } from "../native/fdWatch.js";

/** What a wait ended with. */
export type Wakeup = "ready" | "timeout" | "closed";

/** `busy`: the next record is still being written. */
export type Readiness = "ready" | "busy" | "empty";

/**
 * Waits for a file descriptor to become readable, in the event loop itself: no thread sleeps in
 * the kernel for it, so there is nothing to interrupt when the descriptor closes or the thread ends.
 */
export class Waiter {
  readonly #state: () => Readiness;
  readonly #waits = new Set<(how: Wakeup) => void>();
  readonly #look = (): void => this.#onTurn();
  readonly #watch: FdWatch;
  #turn: NodeJS.Immediate | undefined;
  #pause: NodeJS.Timeout | undefined;
  #closed = false;

  /** `state` is asked whenever the descriptor may have become readable. */
  constructor(fd: number, state: () => Readiness) {
    this.#watch = new FdWatch(fd);
    this.#state = state;
  }

  /** Always lets the event loop turn once, so that a busy reader starves nobody. */
  wait(timeoutMs: number): Promise<Wakeup> {
    return new Promise((resolve) => {
      if (this.#closed) return void setImmediate(resolve, "closed");
      if (this.#state() === "ready") return void setImmediate(resolve, "ready");
      if (timeoutMs <= 0) return void setImmediate(resolve, "timeout");
      let timer: NodeJS.Timeout | undefined;
      const finish = (how: Wakeup): void => {
        this.#waits.delete(finish);
        clearTimeout(timer);
        if (this.#waits.size === 0) this.#rest();
        resolve(how);
      };
      this.#waits.add(finish);
      if (timeoutMs <= MAX_TIMEOUT_MS) timer = setTimeout(finish, timeoutMs, "timeout");
      this.#begin();
    });
  }

  close(): void {
    this.#closed = true;
    this.#endAll("closed");
    this.#rest();
    this.#watch.close();
  }

  #endAll(how: Wakeup): void {
    for (const finish of [...this.#waits]) finish(how);
  }

  #begin(): void {
    if (this.#turn || this.#pause) return;
    this.#watch.start();
    this.#turn = nextTurn(this.#look);
  }

  /** Something woke the event loop. */
  #onTurn(): void {
    this.#turn = undefined;
    const state = this.#state();
    if (state === "ready") this.#endAll("ready");
    if (this.#waits.size === 0) return;
    if (state === "busy") this.#lookLater();
    else this.#begin();
  }

  #lookLater(): void {
    // The kernel calls the descriptor readable as long as a record is being written. That takes
    // microseconds, unless its writer was preempted: look again shortly instead of spinning.
    this.#watch.stop();
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      if (this.#waits.size > 0) this.#begin();
    }, 1);
  }

  #rest(): void {
    this.#watch.stop();
    if (this.#turn) clearImmediate(this.#turn);
    clearTimeout(this.#pause);
    this.#turn = undefined;
    this.#pause = undefined;
  }
}

const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** Called in the next turn of the event loop, which it does not hasten. */
function nextTurn(look: () => void): NodeJS.Immediate {
  return setImmediate(look).unref();
}
