import { VERDICT_DROP } from "../../plugins/sdk/abi.js";
import type { Event } from "../events/model.js";
import { type Batch, eventOf } from "./batch.js";
import type { LoadedPlugin } from "./loaded.js";
import type { ActivePlugin, PluginSetup } from "./prepared.js";
import { FAILED, type Outcome, type PoisonSink, Runner } from "./runner.js";
import { Shadow } from "./shadow.js";

export type { Batch } from "./batch.js";

/** Annotation of an event that passed plugins unjudged: their names, joined by commas. */
export const UNJUDGED = "guidestar.unjudged";

export interface SlotOptions {
  readonly firstSequence: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onPoison?: PoisonSink;
}

/** A plugin in its place in the chain: what it says of a batch is done, or only counted. */
export class Slot {
  private readonly runner: Runner;
  private shadow: Shadow | undefined;
  private readonly keys = new Map<string, string>();

  constructor(
    private setup: PluginSetup,
    private readonly plugin: LoadedPlugin,
    private readonly options: SlotOptions,
  ) {
    this.runner = new Runner(plugin, options.nowMs, options.onPoison);
  }

  get name(): string {
    return this.plugin.prepared.name;
  }

  /** Number of its instance. */
  get instance(): number {
    return this.setup.instance;
  }

  get shadowInstance(): number | undefined {
    return this.shadow?.setup.instance;
  }

  /** It does nothing to any event. */
  get isIdle(): boolean {
    if (this.setup.mode === "disabled") return true;
    return this.runner.failure !== "" && this.plugin.prepared.failurePolicy === "open";
  }

  /** Changes what can change while it goes on. `shadow`: the loaded one, if `setup` names another. */
  change(setup: PluginSetup, shadow: LoadedPlugin | undefined, firstSequence: number): void {
    this.setup = setup;
    const wanted = setup.shadow;
    if (wanted === undefined) this.shadow = undefined;
    else if (wanted.instance !== this.shadowInstance && shadow) {
      this.shadow = new Shadow(wanted, shadow, firstSequence, this.options.nowMs);
    }
  }

  /** The plugin as it is now, with a copy of its counts. */
  snapshot(): ActivePlugin {
    const { name, version, manifestVersion, description, size, failurePolicy } =
      this.plugin.prepared;
    const { mode, settings, uploadedMs } = this.setup;
    return {
      ...{ name, version, manifestVersion, description, size, failurePolicy },
      ...{ mode, settings, uploadedMs },
      firstSequence: this.options.firstSequence,
      counts: { ...this.runner.counts },
      failure: this.runner.failure,
      shadow: this.shadow?.report(),
    };
  }

  /** Lets the plugin judge what is alive of a batch, and does as it says; returns how many it dropped. */
  run(batch: Batch): number {
    if (this.isIdle) return 0;
    const outcome = this.runner.judge(batch);
    this.shadow?.compare(batch, outcome);
    if (this.setup.mode === "monitor") return 0;
    return this.apply(batch, outcome);
  }

  private apply(batch: Batch, outcome: Outcome): number {
    const { verdicts, annotations } = outcome;
    const isClosed = this.plugin.prepared.failurePolicy === "closed";
    for (const { event, key, value } of annotations) {
      if (verdicts[event] !== VERDICT_DROP) {
        annotate(eventOf(batch, event), this.fullKey(key), value);
      }
    }
    let dropped = 0;
    for (let n = 0; n < batch.count; n++) {
      const verdict = verdicts[n];
      if (verdict === FAILED && !isClosed) this.flag(eventOf(batch, n));
      if (verdict === FAILED && isClosed) this.runner.counts.withheld++;
      else if (verdict !== VERDICT_DROP) continue;
      batch.alive[n] = 0;
      dropped++;
    }
    return dropped;
  }

  /** It passes unjudged, and says so. */
  private flag(event: Event): void {
    const others = event.annotations?.get(UNJUDGED);
    annotate(event, UNJUDGED, others === undefined ? this.name : `${others},${this.name}`);
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
}

function annotate(event: Event, key: string, value: string): void {
  event.annotations ??= new Map();
  event.annotations.set(key, value);
}
