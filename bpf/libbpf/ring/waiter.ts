import koffi, { type node } from "koffi";

/** What a wait ended with. */
export type Wakeup = "ready" | "timeout" | "closed";

/**
 * Waits for a file descriptor to become readable, in the event loop itself: no thread sleeps in
 * the kernel for it, so there is nothing to interrupt when the descriptor closes or the thread ends.
 */
export class Waiter {
  readonly #fd: number;
  readonly #isReady: () => boolean;
  readonly #waits = new Set<(how: Wakeup) => void>();
  #poll: node.PollHandle | undefined;
  #polling = false;
  #pause: NodeJS.Timeout | undefined;
  #closed = false;

  /** `isReady`: whether there is something to do, asked when the kernel says the descriptor is readable. */
  constructor(fd: number, isReady: () => boolean) {
    this.#fd = fd;
    this.#isReady = isReady;
  }

  /** Always lets the event loop turn once, so that a busy reader starves nobody. */
  wait(timeoutMs: number): Promise<Wakeup> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = (how: Wakeup): void => {
        if (!this.#waits.delete(finish)) return;
        clearTimeout(timer);
        if (this.#waits.size === 0) this.#rest();
        // Not resolved here: the poll callback runs outside of Node's callback scope, where
        // promise reactions would lie around until something else happens.
        setImmediate(resolve, how);
      };
      this.#waits.add(finish);
      if (this.#closed) finish("closed");
      else if (this.#isReady()) finish("ready");
      else if (timeoutMs <= 0) finish("timeout");
      else {
        if (timeoutMs < 0x7fff_ffff) timer = setTimeout(finish, timeoutMs, "timeout");
        this.#watch();
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#endAll("closed");
    this.#rest();
    this.#poll?.close();
    this.#poll = undefined;
  }

  #endAll(how: Wakeup): void {
    for (const finish of [...this.#waits]) finish(how);
  }

  #watch(): void {
    if (this.#polling) return;
    this.#polling = true;
    const onReadable = (): void => this.#onReadable();
    if (this.#poll) this.#poll.start({ readable: true }, onReadable);
    else this.#poll = koffi.node.poll(this.#fd, { readable: true }, onReadable);
  }

  #onReadable(): void {
    if (!this.#polling) return;
    if (this.#isReady()) {
      this.#endAll("ready");
      return;
    }
    // Readable, but the next record is still being written. That takes microseconds, unless its
    // writer was preempted: look again shortly instead of spinning.
    this.#stopPolling();
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#isReady()) this.#endAll("ready");
      else if (this.#waits.size > 0) this.#watch();
    }, 1);
  }

  #rest(): void {
    this.#stopPolling();
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #stopPolling(): void {
    if (!this.#polling) return;
    this.#polling = false;
    this.#poll?.stop();
  }
}
