import { VERDICT_DROP, VERDICT_KEEP } from "../../plugins/sdk/abi.js";
import { type Batch, eventOf } from "./batch.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import { noCounts, type PluginCounts } from "./prepared.js";
import { PluginInstance } from "./runtime/instance.js";
import type { Annotation } from "./runtime/output.js";
import { PluginError } from "./runtime/pluginError.js";
import { Strikes } from "./strikes.js";

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
export type PoisonSink = (event: ReturnType<typeof eventOf>, reason: string) => void;

/**
 * Has a plugin judge batches, and counts. A batch that it fails on is given to it again in halves, with
 * a fresh instance each time, until the event is found that does it; the others are judged. After too
 * many failures in a while the plugin is not asked any more.
 */
export class Runner {
  /** Why it is not asked any more; "" while it works. */
  failure = "";
  readonly counts: PluginCounts = noCounts();
  private instance: PluginInstance | undefined;
  private readonly wanted: ReadonlySet<number>;
  private readonly strikes = new Strikes();
  private readonly selected = new Uint32Array(PLUGIN_LIMITS.batchEvents);
  private readonly touched = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  private readonly outcome: Outcome = {
    verdicts: new Uint8Array(PLUGIN_LIMITS.batchEvents),
    annotations: [],
  };
  /** What is left of the search for poison in this batch. */
  private attempts = 0;
  private searchEndsMs = 0;
  private lastReason = "";
  /** Numbers of the events that were found. */
  private readonly poisons: number[] = [];

  constructor(
    private readonly plugin: LoadedPlugin,
    private readonly nowMs: () => number,
    private readonly onPoison: PoisonSink = () => {},
  ) {
    this.instance = plugin.instance;
    this.wanted = new Set(plugin.prepared.eventTypes);
    if (this.instance === undefined) this.failure = plugin.failure ?? "it did not start";
  }

  /** What the plugin says of the events that are alive and that it wants to see. */
  judge(batch: Batch): Outcome {
    const { outcome } = this;
    outcome.verdicts.fill(UNASKED, 0, batch.count);
    outcome.annotations.length = 0;
    const count = this.select(batch);
    if (count === 0) return outcome;
    this.counts.seen += count;
    const startedMs = performance.now();
    if (this.failure === "") this.judgeAll(batch, count);
    else this.failAll(0, count);
    this.counts.timeNs += Math.round((performance.now() - startedMs) * 1e6);
    this.count(batch.count);
    return outcome;
  }

  private select(batch: Batch): number {
    const { wanted, selected } = this;
    let count = 0;
    for (let n = 0; n < batch.count; n++) {
      if (batch.alive[n] === 0) continue;
      if (wanted.size > 0 && !wanted.has(eventOf(batch, n).type)) continue;
      selected[count++] = n;
    }
    return count;
  }

  private judgeAll(batch: Batch, count: number): void {
    if (this.attempt(batch, 0, count)) return;
    const reason = this.lastReason;
    this.plugin.sink("error", `failed on a batch of ${count} events: ${reason}`);
    this.attempts = PLUGIN_LIMITS.poisonAttempts;
    this.searchEndsMs = performance.now() + PLUGIN_LIMITS.poisonSearchMs;
    this.poisons.length = 0;
    if (count === 1) this.poison(batch, 0);
    else this.search(batch, 0, count);
    if (this.poisons.length > 0) {
      this.plugin.sink("error", `fails on each of these alone: event ${listed(this.poisons)}`);
    }
    if (this.failure !== "") return;
    const strikes = this.strikes.add(this.nowMs());
    if (strikes < PLUGIN_LIMITS.failures) return;
    const window = PLUGIN_LIMITS.failureWindowMs / 1000;
    this.putOut(`failed ${strikes} times within ${window} s, the last time it ${reason}`);
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
    const { instance } = this;
    if (instance === undefined) return false;
    const selected = this.selected.subarray(from, to);
    try {
      const judgement = instance.judge(batch.packer, selected, to - from);
      this.counts.fuel += instance.burnt;
      for (let n = 0; n < selected.length; n++) {
        this.outcome.verdicts[selected[n] as number] = judgement.verdicts[n] as number;
      }
      for (const { event, key, value } of judgement.annotations) {
        this.outcome.annotations.push({ event: selected[event] as number, key, value });
      }
      return true;
    } catch (error) {
      this.counts.fuel += instance.burnt;
      this.lastReason = reasonOf(error);
      this.startAgain();
      return false;
    }
  }

  private startAgain(): void {
    const { module, sink } = this.plugin;
    if (module === undefined) return;
    try {
      this.instance = new PluginInstance(module, sink);
    } catch (error) {
      this.putOut(`could not be started again: it ${reasonOf(error)}`);
    }
  }

  /** The selected event made it fail, with nothing else in the call. */
  private poison(batch: Batch, index: number): void {
    const n = this.selected[index] as number;
    const event = eventOf(batch, n);
    this.poisons.push(event.sequence);
    this.outcome.verdicts[n] = FAILED;
    this.onPoison(event, this.lastReason);
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

  private putOut(failure: string): void {
    this.failure = failure;
    this.instance = undefined;
    this.plugin.sink("error", `is quarantined: ${failure}`);
  }
}

/** `3, 17, 20 and 8 more`. */
function listed(sequences: readonly number[]): string {
  const most = 10;
  const shown = sequences.slice(0, most).join(", ");
  return sequences.length > most ? `${shown} and ${sequences.length - most} more` : shown;
}

function reasonOf(error: unknown): string {
  if (error instanceof PluginError) return error.reason;
  return `failed in the host: ${error instanceof Error ? error.message : String(error)}`;
}
