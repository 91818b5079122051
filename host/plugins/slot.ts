import { VERDICT_DROP } from "../../plugins/sdk/abi.js";
import { type Event, EventType } from "../events/model.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import type { ActivePlugin, PluginCounts } from "./prepared.js";
import { PluginInstance } from "./runtime/instance.js";
import type { Judgement } from "./runtime/output.js";
import type { Packer } from "./runtime/packer.js";
import { PluginError } from "./runtime/pluginError.js";

/** Annotation of an event that passed plugins unjudged: their names, joined by commas. */
export const UNJUDGED = "guidestar.unjudged";

/** A batch on its way through the chain. */
export interface Batch {
  readonly packer: Packer;
  readonly events: readonly Event[];
  /** The packed events are those from here on. */
  readonly from: number;
  readonly count: number;
  /** 1 for each packed event that no plugin has dropped yet. */
  readonly alive: Uint8Array;
}

/** A plugin in its place in the chain, with its instance, its counts and its failures. */
export class Slot {
  private instance: PluginInstance;
  private readonly wanted: ReadonlySet<number>;
  private readonly counts: PluginCounts = {
    seen: 0,
    kept: 0,
    dropped: 0,
    annotated: 0,
    failed: 0,
    timeNs: 0,
    fuel: 0,
  };
  /** When it failed lately; milliseconds. */
  private failures: number[] = [];
  /** Why it is out of the chain; "" while it works. */
  failure = "";
  private readonly selected = new Uint32Array(PLUGIN_LIMITS.batchEvents);
  private readonly annotatedOnce = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  private readonly keys = new Map<string, string>();

  constructor(
    private readonly plugin: LoadedPlugin,
    private readonly firstSequence: number,
    private readonly uploadedMs: number,
    private readonly nowMs: () => number,
  ) {
    this.instance = plugin.instance;
    this.wanted = new Set(plugin.prepared.eventTypes);
  }

  get name(): string {
    return this.plugin.prepared.name;
  }

  /** Whether it sees what policies watch. */
  get wantsCalls(): boolean {
    return this.wanted.has(EventType.KPROBE) || this.wanted.has(EventType.TRACEPOINT);
  }

  /** The plugin as it is now, with a copy of its counts. */
  snapshot(): ActivePlugin {
    const { name, version, manifestVersion, description, size } = this.plugin.prepared;
    return {
      name,
      version,
      manifestVersion,
      description,
      size,
      uploadedMs: this.uploadedMs,
      firstSequence: this.firstSequence,
      counts: { ...this.counts },
      failure: this.failure,
    };
  }

  /** Lets the plugin judge what is alive of a batch, and does as it says; returns how many it dropped. */
  run(batch: Batch): number {
    if (this.failure !== "") return 0;
    const count = this.select(batch);
    if (count === 0) return 0;
    this.counts.seen += count;
    const startedMs = performance.now();
    let judgement: Judgement;
    try {
      judgement = this.instance.judge(batch.packer, this.selected, count);
    } catch (error) {
      this.account(startedMs);
      this.fail(batch, count, error);
      return 0;
    }
    this.account(startedMs);
    this.counts.dropped += judgement.dropped;
    this.counts.kept += count - judgement.dropped;
    this.apply(batch, judgement, count);
    return judgement.dropped;
  }

  private select(batch: Batch): number {
    const { wanted, selected } = this;
    let count = 0;
    for (let n = 0; n < batch.count; n++) {
      if (batch.alive[n] === 0) continue;
      if (wanted.size > 0 && !wanted.has((batch.events[batch.from + n] as Event).type)) continue;
      selected[count++] = n;
    }
    return count;
  }

  private account(startedMs: number): void {
    this.counts.timeNs += Math.round((performance.now() - startedMs) * 1e6);
    this.counts.fuel += this.instance.burnt;
  }

  private apply(batch: Batch, judgement: Judgement, count: number): void {
    const { verdicts, annotations } = judgement;
    if (annotations.length > 0) {
      this.annotatedOnce.fill(0, 0, count);
      for (const { event, key, value } of annotations) {
        if (verdicts[event] === VERDICT_DROP) continue;
        if (this.annotatedOnce[event] === 0) {
          this.annotatedOnce[event] = 1;
          this.counts.annotated++;
        }
        annotate(this.eventAt(batch, event), this.fullKey(key), value);
      }
    }
    if (judgement.dropped === 0) return;
    for (let n = 0; n < count; n++) {
      if (verdicts[n] === VERDICT_DROP) batch.alive[this.selected[n] as number] = 0;
    }
  }

  /** The event that the plugin knows as `index`. */
  private eventAt(batch: Batch, index: number): Event {
    return batch.events[batch.from + (this.selected[index] as number)] as Event;
  }

  /** Keys stand behind the plugin's name, so that no plugin can speak for another, or for the host. */
  private fullKey(key: string): string {
    let full = this.keys.get(key);
    if (full === undefined) {
      full = `${this.name}.${key}`;
      if (this.keys.size < 1000) this.keys.set(key, full);
    }
    return full;
  }

  /** The events pass unjudged, which they say; the instance is replaced, or the plugin put out. */
  private fail(batch: Batch, count: number, error: unknown): void {
    this.counts.failed += count;
    for (let n = 0; n < count; n++) {
      const event = this.eventAt(batch, n);
      const others = event.annotations?.get(UNJUDGED);
      annotate(event, UNJUDGED, others === undefined ? this.name : `${others},${this.name}`);
    }
    const reason = reasonOf(error);
    const now = this.nowMs();
    this.failures.push(now);
    this.failures = this.failures.filter((at) => now - at < PLUGIN_LIMITS.failureWindowMs);
    this.plugin.sink("error", `failed on a batch of ${count} events: ${reason}`);
    if (this.failures.length >= PLUGIN_LIMITS.failures) {
      this.putOut(
        `failed ${this.failures.length} times within ${PLUGIN_LIMITS.failureWindowMs / 1000} s, the last time it ${reason}`,
      );
      return;
    }
    try {
      this.instance = new PluginInstance(this.plugin.module, this.plugin.sink);
    } catch (again) {
      this.putOut(`could not be started again: it ${reasonOf(again)}`);
    }
  }

  private putOut(failure: string): void {
    this.failure = failure;
    this.plugin.sink("error", `is out of the chain: ${failure}`);
  }
}

function annotate(event: Event, key: string, value: string): void {
  event.annotations ??= new Map();
  event.annotations.set(key, value);
}

function reasonOf(error: unknown): string {
  if (error instanceof PluginError) return error.reason;
  return `failed in the host: ${error instanceof Error ? error.message : String(error)}`;
}
