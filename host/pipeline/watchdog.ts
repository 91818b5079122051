/** When a worker has to be replaced, and when one more would be in vain. */
import type { SharedState } from "./shared.js";

const watchEveryMs = 1000;
/** Of the time between two looks. */
const mostCountedMs = 1.5 * watchEveryMs;
const defaultPatienceMs = 15_000;
/**
 * How many times as long as otherwise it may take to begin: it loads code and reads /proc, which
 * takes long on a busy machine.
 */
const startPatience = 6;

export interface WatchdogOptions {
  /** Default 15,000. */
  readonly patienceMs: number | undefined;
  /** The worker that runs now. */
  readonly watched: () => SharedState;
  /** Told how long it has not gone round its loop, ms. */
  readonly onHang: (forMs: number) => void;
}

/** Looks whether the worker's loop goes round. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #heartbeat = 0;
  /** How long the worker has been silent, of the time in which this thread could run. */
  #silentMs = 0;
  #lookedMs = performance.now();
  #isStarted = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), watchEveryMs).unref();
  }

  /** Another worker begins. */
  restart(): void {
    this.#silentMs = 0;
    this.#lookedMs = performance.now();
    this.#isStarted = false;
  }

  /** The worker has reached its loop, and has to go round it from now on. */
  started(): void {
    this.#isStarted = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { heartbeat } = this.#options.watched();
    const nowMs = performance.now();
    // On a machine that lets this thread wait the worker waits as well: it does not hang.
    this.#silentMs += Math.min(nowMs - this.#lookedMs, mostCountedMs);
    this.#lookedMs = nowMs;
    if (heartbeat !== this.#heartbeat) {
      this.#heartbeat = heartbeat;
      this.#silentMs = 0;
    } else if (this.#silentMs > this.#patienceMs) this.#options.onHang(this.#silentMs);
  }

  get #patienceMs(): number {
    const { patienceMs = defaultPatienceMs } = this.#options;
    return this.#isStarted ? patienceMs : startPatience * patienceMs;
  }
}

const maxRestarts = 3;
const restartWindowMs = 60_000;

/** How often a worker may be replaced before there is no sense in it. */
export class RestartBudget {
  readonly #times: number[] = [];

  /** @returns false: too many in too short a time */
  spend(nowMs = performance.now()): boolean {
    while (this.#times[0] !== undefined && nowMs - this.#times[0] > restartWindowMs)
      this.#times.shift();
    this.#times.push(nowMs);
    return this.#times.length <= maxRestarts;
  }
}
