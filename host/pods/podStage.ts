import type { Event } from "../events/model.js";
import type { CachedProcess } from "../events/process.js";
import type { LookupAnswer } from "./answer.js";
import type { PodCounts } from "./counts.js";
import { Entry } from "./entry.js";
import { type HeldQueue, HeldQueues } from "./heldQueues.js";
import { firstRestMs, firstRetryMs, lastRetryMs, type PodStageLimits } from "./limits.js";

export interface PodStageOptions {
  readonly limits: PodStageLimits;
  /** Asks for a container; the answer comes through `answer`, or never. */
  readonly ask: (id: string) => void;
}

type Out = Event[];

/**
 * Between decoder and plugins: tells processes their pods. An event of a container that is not known
 * yet waits, with those behind it that must not overtake it, until the answer is there or the time is
 * up. A container's events wait once in its life; all other events pass at once. No clock and no
 * threads in here: time is told by the caller, in ms, and what is ready goes into `out`, in order.
 */
export class PodStage {
  readonly #limits: PodStageLimits;
  readonly #ask: (id: string) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<Entry>();
  readonly #queues = new HeldQueues();
  /** Whether a runtime is there. While none is, nothing waits and nothing is asked. */
  #runtime = false;
  #hits = 0;
  #misses = 0;
  #lookups = 0;
  #unknown = 0;
  #failures = 0;
  #timeouts = 0;
  #heldTotal = 0;
  #releasedLate = 0;
  #overflowed = 0;

  constructor(options: PodStageOptions) {
    this.#limits = options.limits;
    this.#ask = options.ask;
  }

  /** Takes the next event of the decoder. */
  take(event: Event, nowMs: number, out: Out): void {
    const process = event.process as CachedProcess;
    const parent = event.parent as CachedProcess | undefined;
    const own = process.containerId === "" ? undefined : this.#entryOf(process, nowMs);
    const other = !parent || parent.containerId === "" ? undefined : this.#entryOf(parent, nowMs);
    const behind = this.#queues.ofPid(process.pid);
    if (!blocks(own) && !blocks(other) && !behind) {
      own?.attach(process);
      if (parent) other?.attach(parent);
      out.push(event);
      return;
    }
    const of = [own, own === other ? undefined : other].filter((entry) => entry !== undefined);
    this.#hold(event, of, nowMs, out);
  }

  /** A runtime came, or the last one went. Then nothing waits any longer. */
  setRuntime(isThere: boolean, out: Out): void {
    this.#runtime = isThere;
    if (!isThere) this.#stopWaiting([...this.#waiting], out);
  }

  answer(id: string, answer: LookupAnswer, nowMs: number, out: Out): void {
    const entry = this.#entries.get(id);
    if (!entry?.asking) return;
    entry.asking = false;
    entry.lastAnswer = answer.kind;
    if (answer.kind === "unknown") this.#unknown++;
    if (answer.kind === "failed") this.#failures++;
    if (answer.kind === "found") {
      entry.info = answer.info;
      entry.complete = answer.complete;
    }
    if (answer.kind === "found" && answer.complete) {
      this.#settle(entry, out);
      return;
    }
    if (entry.waiting) {
      entry.retryMs = Math.min(Math.max(2 * entry.retryMs, firstRetryMs), lastRetryMs);
      entry.nextAskMs = nowMs + entry.retryMs;
    } else entry.nextAskMs = nowMs + this.#restMs(entry);
  }

  /** Asks again and gives up where it is time to. */
  tick(nowMs: number, out: Out): void {
    for (const entry of this.#waiting) {
      if (nowMs >= entry.deadlineMs) this.#giveUp(entry, nowMs, out);
      else if (!entry.asking && nowMs >= entry.nextAskMs) this.#askFor(entry);
    }
  }

  /** When `tick` has something to do next; undefined: nothing waits. */
  get nextTickMs(): number | undefined {
    let next: number | undefined;
    for (const { asking, deadlineMs, nextAskMs } of this.#waiting)
      next = Math.min(next ?? deadlineMs, deadlineMs, asking ? deadlineMs : nextAskMs);
    return next;
  }

  get held(): number {
    return this.#queues.count;
  }

  /** Lets everything go, as it is. */
  releaseAll(out: Out): void {
    this.#stopWaiting([...this.#waiting], out);
  }

  /** Forgets containers that have been left alone for a while and that none of `live` is in. */
  sweep(live: ReadonlySet<string>, nowMs: number): void {
    for (const entry of this.#entries.values()) {
      const idleMs = nowMs - entry.lastUsedMs;
      if (!isBusy(entry) && idleMs >= this.#limits.goneMs && !live.has(entry.id))
        this.#entries.delete(entry.id);
    }
  }

  get containers(): number {
    return this.#entries.size;
  }

  counts(): PodCounts {
    let known = 0;
    for (const entry of this.#entries.values()) if (entry.isKnown) known++;
    return {
      runtime: this.#runtime,
      known,
      lookups: this.#lookups,
      hits: this.#hits,
      misses: this.#misses,
      unknown: this.#unknown,
      failures: this.#failures,
      timeouts: this.#timeouts,
      held: this.#queues.count,
      heldTotal: this.#heldTotal,
      releasedLate: this.#releasedLate,
      overflowed: this.#overflowed,
    };
  }

  /** The entry of the process' container, asked for if that is due. */
  #entryOf(process: CachedProcess, nowMs: number): Entry | undefined {
    let entry = this.#entries.get(process.containerId);
    if (!entry) {
      if (!this.#runtime || !this.#makeRoom()) return undefined;
      this.#misses++;
      entry = new Entry(process.containerId);
      this.#entries.set(entry.id, entry);
      entry.deadlineMs = nowMs + this.#limits.waitMs;
      entry.waiting = this.#limits.waitMs > 0;
      if (entry.waiting) this.#waiting.add(entry);
      this.#askFor(entry);
    } else if (!entry.complete && !entry.waiting && !entry.asking && nowMs >= entry.nextAskMs) {
      if (this.#runtime) this.#askFor(entry);
    }
    if (entry.isKnown && !blocks(entry) && process.pod === undefined) this.#hits++;
    entry.lastUsedMs = nowMs;
    return entry;
  }

  #askFor(entry: Entry): void {
    entry.asking = true;
    this.#lookups++;
    this.#ask(entry.id);
  }

  #makeRoom(): boolean {
    if (this.#entries.size < this.#limits.containers) return true;
    for (const entry of this.#entries.values()) {
      if (isBusy(entry)) continue;
      this.#entries.delete(entry.id);
      return true;
    }
    this.#overflowed++;
    return false;
  }

  #hold(event: Event, of: readonly Entry[], nowMs: number, out: Out): void {
    const bytes = sizeOf(event);
    const { heldEvents, heldBytes } = this.#limits;
    while (this.#queues.count + 1 > heldEvents || this.#queues.bytes + bytes > heldBytes) {
      const largest = this.#queues.largest;
      if (!largest) break;
      this.#overflow(largest, nowMs, out);
    }
    const behind = this.#queues.ofPid(event.process.pid);
    if (!of.some(blocks) && !behind) {
      this.#send(event, of, "overflow", out);
      return;
    }
    this.#heldTotal++;
    this.#queues.add(event, bytes, of, behind);
  }

  /** The queue's containers stop waiting: its events go without pods, to make room. */
  #overflow(queue: HeldQueue, nowMs: number, out: Out): void {
    for (const entry of queue.entries) {
      entry.nextAskMs = Math.max(entry.nextAskMs, nowMs + this.#restMs(entry));
      this.#noLongerWaiting(entry);
    }
    this.#drain(queue, "overflow", out);
  }

  #settle(entry: Entry, out: Out): void {
    this.#noLongerWaiting(entry);
    if (entry.queue) this.#drain(entry.queue, "late", out);
  }

  #giveUp(entry: Entry, nowMs: number, out: Out): void {
    if (!entry.isKnown) this.#timeouts++;
    entry.nextAskMs = Math.max(entry.nextAskMs, nowMs + this.#restMs(entry));
    this.#settle(entry, out);
  }

  #stopWaiting(entries: readonly Entry[], out: Out): void {
    for (const entry of entries) this.#noLongerWaiting(entry);
    for (const entry of entries) if (entry.queue) this.#drain(entry.queue, "late", out);
  }

  #noLongerWaiting(entry: Entry): void {
    entry.waiting = false;
    this.#waiting.delete(entry);
  }

  #drain(queue: HeldQueue, why: Why, out: Out): void {
    for (const { event, of } of this.#queues.drain(queue)) this.#send(event, of, why, out);
  }

  #send(event: Event, of: readonly Entry[], why: Why, out: Out): void {
    for (const entry of of) {
      for (const process of [event.process, event.parent] as (CachedProcess | undefined)[])
        if (process?.containerId === entry.id) entry.attach(process);
    }
    if (of.some((entry) => !entry.isKnown)) {
      if (why === "late") this.#releasedLate++;
      else this.#overflowed++;
    }
    out.push(event);
  }

  /** How long to leave a container alone after the last answer: longer each time. */
  #restMs(entry: Entry): number {
    const most = entry.lastAnswer === "unknown" ? this.#limits.unknownMs : this.#limits.failedMs;
    entry.restMs = Math.min(Math.max(2 * entry.restMs, firstRestMs), most);
    return entry.restMs;
  }
}

type Why = "late" | "overflow";

/** Whether an event of this container has to wait, be it only behind others. */
function blocks(entry: Entry | undefined): boolean {
  return entry !== undefined && (entry.waiting || entry.queue !== undefined);
}

function isBusy(entry: Entry): boolean {
  return entry.waiting || entry.asking || entry.queue !== undefined;
}

/** Bytes, about: what is kept in memory because this event waits. */
function sizeOf({ process }: Event): number {
  return 640 + process.binary.length + process.arguments.length + process.cwd.length;
}
