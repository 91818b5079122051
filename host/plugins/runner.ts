import { VERDICT_DROP, VERDICT_KEEP } from "../../plugins/sdk/abi.js";
import type { Hook } from "../events/hook/hook.js";
import { type Event, EventType, isHookEvent } from "../events/model.js";
import { type Batch, eventOf } from "./batch.js";
import { Effects } from "./effects.js";
import { Engine } from "./engine.js";
import { functionTest } from "./functions.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import { newCounts, type PluginCounts } from "./prepared.js";
import type { Packer } from "./runtime/packer.js";
import type { Annotation } from "./runtime/records.js";

/** What became of a packed event, beside the verdicts of the ABI. */
export const UNASKED = 254;
export const FAILED = 255;

/** What a plugin said of a batch; good until its next one. `event`s are numbers in the batch. */
export interface Outcome {
  /** `VERDICT_KEEP`, `VERDICT_DROP`, `UNASKED` or `FAILED` for each event of the batch. */
  readonly verdicts: Uint8Array;
  readonly annotations: Annotation[];
}

/** Told of an event that made a plugin fail, all by itself. */
export type PoisonSink = (event: Event, reason: string) => void;

export interface RunnerOptions {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** What the plugin says is counted, and not done. */
  readonly isObserved: boolean;
  /** It may fill fields, if it is not observed. Default true. */
  readonly mayPatch?: boolean;
  readonly onPoison?: PoisonSink;
}

/**
 * Has a plugin judge batches, and counts. A batch that it fails on is given to it again in halves, with
 * a fresh instance each time, until the event is found that does it; the others are judged.
 */
export class Runner {
  readonly counts: PluginCounts = newCounts();
  readonly effects: Effects;
  readonly engine: Engine;
  private readonly wanted: ReadonlySet<number>;
  private readonly wantsFunction: (hook: Hook) => boolean;
  private readonly onPoison: PoisonSink;
  private readonly selected = new Uint32Array(PLUGIN_LIMITS.batchEvents);
  private readonly touched = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  private readonly outcome: Outcome = {
    verdicts: new Uint8Array(PLUGIN_LIMITS.batchEvents),
    annotations: [],
  };
  /** What is left of the search for poison in this batch. */
  private attempts = 0;
  private searchEndsMs = 0;
  /** Numbers of the events that were found. */
  private readonly poisons: number[] = [];

  constructor(
    private readonly plugin: LoadedPlugin,
    options: RunnerOptions,
  ) {
    this.effects = new Effects(plugin.prepared, this.counts, options);
    this.engine = new Engine(plugin, options.nowMs, () => this.effects.letGo());
    this.wanted = new Set(plugin.prepared.eventTypes);
    this.wantsFunction = functionTest(plugin.prepared);
    this.onPoison = options.onPoison ?? (() => {});
  }

  /** Why it is not asked any more; "" while it works. */
  get failure(): string {
    return this.engine.failure;
  }

  /** Whether it sees events of one of these types. */
  wantsAny(types: ReadonlySet<number>): boolean {
    if (this.wanted.size === 0) return true;
    for (const type of types) if (this.wanted.has(type)) return true;
    return false;
  }

  /** Whether it sees what policies watch. */
  get wantsCalls(): boolean {
    const { wanted } = this;
    return wanted.size === 0 || wanted.has(EventType.KPROBE) || wanted.has(EventType.TRACEPOINT);
  }

  /** What the plugin says of the events that are alive and that it wants to see. */
  judge(batch: Batch): Outcome {
    const { outcome } = this;
    outcome.verdicts.fill(UNASKED, 0, batch.count);
    outcome.annotations.length = 0;
    const count = this.select(batch);
    if (count === 0) return outcome;
    this.counts.seen += count;
    this.timed(() => {
      if (this.failure === "") this.judgeAll(batch, count);
      else this.failAll(0, count);
    });
    this.count(batch.count);
    return outcome;
  }

  /** Calls the plugin by the clock if its time has come, or if it is to go away. */
  tick(packer: Packer, isLast = false): void {
    if (!this.engine.isTickDue(isLast)) return;
    this.timed(() => {
      const judgement = this.engine.attempt((instance) =>
        instance.tick(packer, isLast, this.effects.holdings),
      );
      this.counts.fuel += this.engine.burnt;
      if (judgement) this.effects.apply(judgement, noEvent);
      else this.engine.strike("on a tick");
    });
  }

  /** The plugin goes: what it aggregated goes out now, and what it holds. */
  finish(packer: Packer): void {
    this.tick(packer, true);
    this.effects.letGo();
  }

  /** Has the next version take over what this one knows; else this one finishes. */
  handOver(next: Runner, packer: Packer): void {
    const { holdings } = this.effects;
    if (this.engine.handOver(next.engine)) next.effects.holdings.takeFrom(holdings);
    else this.finish(packer);
  }

  /** Has a shadow version begin with what this one knows, and goes on. */
  lend(shadow: Runner): void {
    shadow.plugin.keyValues.copyFrom(this.plugin.keyValues);
    if (this.engine.lend(shadow.engine)) shadow.effects.holdings.copyFrom(this.effects.holdings);
  }

  private timed(work: () => void): void {
    const startedMs = performance.now();
    work();
    this.counts.timeNs += Math.round((performance.now() - startedMs) * 1e6);
  }

  private select(batch: Batch): number {
    const { wanted, selected } = this;
    let count = 0;
    for (let n = 0; n < batch.count; n++) {
      if (batch.alive[n] === 0) continue;
      const event = eventOf(batch, n);
      if (wanted.size > 0 && !wanted.has(event.type)) continue;
      if (isHookEvent(event) && !this.wantsFunction(event.hook)) continue;
      selected[count++] = n;
    }
    return count;
  }

  private judgeAll(batch: Batch, count: number): void {
    if (this.attempt(batch, 0, count)) return;
    const where = `on a batch of ${count} events`;
    this.plugin.sink("error", `failed ${where}: ${this.engine.lastReason}`);
    this.attempts = PLUGIN_LIMITS.poisonAttempts;
    this.searchEndsMs = performance.now() + PLUGIN_LIMITS.poisonSearchMs;
    this.poisons.length = 0;
    if (count === 1) this.poison(batch, 0);
    else this.search(batch, 0, count);
    if (this.poisons.length > 0) {
      this.plugin.sink("error", `fails on each of these alone: event ${listed(this.poisons)}`);
    }
    this.engine.strike();
  }

  /** Judges the halves of a run that failed as a whole. */
  private search(batch: Batch, from: number, to: number): void {
    const middle = (from + to) >> 1;
    for (const [start, end] of [
      [from, middle],
      [middle, to],
    ] as const) {
      if (this.failure !== "" || this.attempts <= 0 || performance.now() > this.searchEndsMs) {
        this.failAll(start, end);
        continue;
      }
      this.attempts--;
      if (this.attempt(batch, start, end)) continue;
      if (end - start === 1) this.poison(batch, start);
      else this.search(batch, start, end);
    }
  }

  /** One call for a run of the selected events. @returns whether it went well; else the instance is a new one */
  private attempt(batch: Batch, from: number, to: number): boolean {
    const { outcome, effects } = this;
    const selected = this.selected.subarray(from, to);
    const judgement = this.engine.attempt((instance) =>
      instance.judge(batch.packer, selected, to - from, effects.holdings),
    );
    this.counts.fuel += this.engine.burnt;
    if (!judgement) return false;
    for (let n = 0; n < selected.length; n++) {
      outcome.verdicts[selected[n] as number] = judgement.verdicts[n] as number;
    }
    for (const { event, key, value } of judgement.annotations) {
      outcome.annotations.push({ event: selected[event] as number, key, value });
    }
    effects.apply(judgement, (index) => eventOf(batch, selected[index] as number), batch.packer);
    return true;
  }

  /** The selected event made it fail, with nothing else in the call. */
  private poison(batch: Batch, index: number): void {
    const n = this.selected[index] as number;
    const event = eventOf(batch, n);
    this.poisons.push(event.sequence);
    this.outcome.verdicts[n] = FAILED;
    this.onPoison(event, this.engine.lastReason);
  }

  private failAll(from: number, to: number): void {
    for (let n = from; n < to; n++) this.outcome.verdicts[this.selected[n] as number] = FAILED;
  }

  private count(events: number): void {
    const { counts, outcome } = this;
    for (let n = 0; n < events; n++) {
      const verdict = outcome.verdicts[n];
      if (verdict === VERDICT_DROP) counts.dropped++;
      else if (verdict === VERDICT_KEEP) counts.kept++;
      else if (verdict === FAILED) counts.failed++;
    }
    if (outcome.annotations.length === 0) return;
    this.touched.fill(0, 0, events);
    for (const { event } of outcome.annotations) {
      if (this.touched[event] === 1 || outcome.verdicts[event] === VERDICT_DROP) continue;
      this.touched[event] = 1;
      counts.annotated++;
    }
  }
}

function noEvent(): never {
  throw new Error("a tick has no events");
}

/** `3, 17, 20 and 8 more`. */
function listed(sequences: readonly number[]): string {
  const most = 10;
  const shown = sequences.slice(0, most).join(", ");
  return sequences.length > most ? `${shown} and ${sequences.length - most} more` : shown;
}
