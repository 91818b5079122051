import { VERDICT_DROP } from "../../plugins/sdk/abi.js";
import { GuidestarError } from "../errors.js";
import { type Event, EventType } from "../events/model.js";
import { Holdings, type Made } from "./holdings.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import { type ActivePlugin, newCounts } from "./prepared.js";
import { PluginInstance } from "./runtime/instance.js";
import { KeyValues } from "./runtime/keyValues.js";
import type { Packer } from "./runtime/packer.js";
import { PluginError } from "./runtime/pluginError.js";
import type { Judgement } from "./runtime/records.js";
import { settingsJson } from "./settings/values.js";

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
  private readonly counts = newCounts();
  /** When it failed lately; milliseconds. */
  private failures: number[] = [];
  /** Why it is out of the chain; "" while it works. */
  failure = "";
  private readonly selected = new Uint32Array(PLUGIN_LIMITS.batchEvents);
  private readonly annotatedOnce = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  private readonly keys = new Map<string, string>();
  private readonly holdings: Holdings;
  private settings: string;
  private nextTickMs: number;
  private made: Made = { emitted: [], findings: [] };

  constructor(
    private readonly plugin: LoadedPlugin,
    private readonly firstSequence: number,
    private readonly uploadedMs: number,
    private readonly nowMs: () => number,
  ) {
    this.instance = plugin.instance;
    this.wanted = new Set(plugin.prepared.eventTypes);
    this.holdings = new Holdings(plugin.prepared, this.counts);
    this.settings = plugin.prepared.settings;
    this.nextTickMs = nowMs() + plugin.prepared.tickMs;
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
      judgement = this.instance.judge(batch.packer, this.selected, count, this.holdings);
    } catch (error) {
      this.account(startedMs);
      this.fail(batch, count, error);
      return 0;
    }
    this.account(startedMs);
    this.counts.dropped += judgement.dropped;
    this.counts.kept += count - judgement.dropped;
    this.apply(batch, judgement, count);
    this.keep(this.holdings.apply(judgement, (index) => this.eventAt(batch, index)));
    return judgement.dropped;
  }

  /** What the plugin has made since the last time. */
  takeMade(): Made | undefined {
    const { made } = this;
    if (made.emitted.length === 0 && made.findings.length === 0) return undefined;
    this.made = { emitted: [], findings: [] };
    return made;
  }

  /** Calls the plugin by the clock if its time has come, or if it is to go away. */
  tick(packer: Packer, isLast = false): void {
    const { tickMs } = this.plugin.prepared;
    const now = this.nowMs();
    if (tickMs === 0 || this.failure !== "" || (now < this.nextTickMs && !isLast)) return;
    this.nextTickMs = now + tickMs;
    const startedMs = performance.now();
    let judgement: Judgement;
    try {
      judgement = this.instance.tick(packer, isLast, this.holdings);
    } catch (error) {
      this.account(startedMs);
      this.replace(error, "on a tick");
      return;
    }
    this.account(startedMs);
    this.keep(
      this.holdings.apply(judgement, () => {
        throw new Error("a tick has no events");
      }),
    );
  }

  /** The plugin goes: what it aggregated goes out now, and what it holds. */
  finish(packer: Packer): void {
    this.tick(packer, true);
    this.letGo();
  }

  /** Has the next version take over what this one knows. Returns whether it did; if not, this one finishes. */
  handOver(next: Slot, packer: Packer): boolean {
    if (this.failure === "" && this.instance.canHandOver && next.instance.canHandOver) {
      try {
        const state = this.instance.saveState();
        next.instance.loadState(state);
        next.holdings.takeFrom(this.holdings);
        next.plugin.sink("info", `took over ${state.length} bytes of state`);
        return true;
      } catch (error) {
        next.plugin.sink("warning", `starts without state: the handover ${reasonOf(error)}`);
        next.restart();
      }
    }
    this.finish(packer);
    return false;
  }

  /**
   * New settings, from the next batch on: an object, or its JSON. Returns them as the plugin got them,
   * with defaults. @throws GuidestarError INVALID_ARGUMENT: they do not fit; nothing has changed
   */
  configure(values: unknown): string {
    const { schema } = this.plugin.prepared;
    if (!schema) {
      throw new GuidestarError("INVALID_ARGUMENT", `plugin ${this.name} has no settings`);
    }
    const settings = settingsJson(schema, values);
    // The plugin's own check, on an instance that nobody needs: one that aborts is good for nothing.
    this.newInstance(settings, new KeyValues());
    this.settings = settings;
    if (this.failure !== "") return settings;
    try {
      this.instance.configure(settings);
    } catch (error) {
      this.replace(error, "on new settings");
    }
    return settings;
  }

  /** The settings in force, JSON; "": it has none. */
  get currentSettings(): string {
    return this.settings;
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
    for (let n = 0; n < count; n++) markUnjudged(this.eventAt(batch, n), this.name);
    this.replace(error, `on a batch of ${count} events`);
  }

  /** The instance failed: it is replaced, or the plugin put out. What it held passes unjudged. */
  private replace(error: unknown, where: string): void {
    const reason = reasonOf(error);
    const now = this.nowMs();
    this.failures.push(now);
    this.failures = this.failures.filter((at) => now - at < PLUGIN_LIMITS.failureWindowMs);
    this.plugin.sink("error", `failed ${where}: ${reason}`);
    this.letGo();
    if (this.failures.length >= PLUGIN_LIMITS.failures) {
      this.putOut(
        `failed ${this.failures.length} times within ${PLUGIN_LIMITS.failureWindowMs / 1000} s, the last time it ${reason}`,
      );
      return;
    }
    this.restart();
  }

  private restart(): void {
    try {
      this.instance = this.newInstance(this.settings, this.plugin.keyValues);
    } catch (again) {
      this.putOut(`could not be started again: it ${reasonOf(again)}`);
    }
  }

  private newInstance(settings: string, keyValues: KeyValues): PluginInstance {
    const { module, sink, nowMs } = this.plugin;
    try {
      return new PluginInstance(module, { sink, nowMs, keyValues, settings });
    } catch (error) {
      throw GuidestarError.from(error, "INVALID_ARGUMENT");
    }
  }

  private keep(made: Made | undefined): void {
    if (!made) return;
    this.made.emitted.push(...made.emitted);
    this.made.findings.push(...made.findings);
  }

  /** Held events that nobody told of go to the streams, and say that they were not judged. */
  private letGo(): void {
    const events = this.holdings.releaseAll();
    for (const event of events) markUnjudged(event, this.name);
    this.made.emitted.push(...events);
  }

  private putOut(failure: string): void {
    this.failure = failure;
    this.plugin.sink("error", `is out of the chain: ${failure}`);
  }
}

function markUnjudged(event: Event, plugin: string): void {
  const others = event.annotations?.get(UNJUDGED);
  annotate(event, UNJUDGED, others === undefined ? plugin : `${others},${plugin}`);
}

function annotate(event: Event, key: string, value: string): void {
  event.annotations ??= new Map();
  event.annotations.set(key, value);
}

function reasonOf(error: unknown): string {
  if (error instanceof PluginError) return error.reason;
  if (error instanceof GuidestarError && error.cause instanceof PluginError) {
    return error.cause.reason;
  }
  return `failed in the host: ${error instanceof Error ? error.message : String(error)}`;
}
