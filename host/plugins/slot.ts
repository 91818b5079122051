import { VERDICT_DROP } from "../../plugins/sdk/abi.js";
import { type Batch, eventOf } from "./batch.js";
import type { Made } from "./holdings.js";
import type { LoadedPlugin } from "./loaded.js";
import type { ActivePlugin, PluginSetup } from "./prepared.js";
import { FAILED, type Outcome, type PoisonSink, Runner } from "./runner.js";
import type { Packer } from "./runtime/packer.js";
import { Shadow } from "./shadow.js";

export type { Batch } from "./batch.js";
export { UNJUDGED } from "./effects.js";

export interface SlotOptions {
  readonly firstSequence: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onPoison?: PoisonSink;
  /** It may fill fields. */
  readonly mayPatch: boolean;
}

/** A plugin in its place in the chain: what it says of a batch is done, or only counted. */
export class Slot {
  private readonly runner: Runner;
  private shadow: Shadow | undefined;

  constructor(
    private setup: PluginSetup,
    private readonly plugin: LoadedPlugin,
    private readonly options: SlotOptions,
  ) {
    this.runner = new Runner(plugin, { ...options, isObserved: setup.mode === "monitor" });
  }

  get name(): string {
    return this.plugin.prepared.name;
  }

  /** Whether it, or its shadow, sees what policies watch. */
  get wantsCalls(): boolean {
    return this.runner.wantsCalls || (this.shadow?.wantsCalls ?? false);
  }

  /** Whether it, or its shadow, is given events of one of these types. */
  wantsAny(types: ReadonlySet<number>): boolean {
    return !this.isIdle && (this.shadow !== undefined || this.runner.wantsAny(types));
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

  /** The settings in force, JSON; "": it has none. */
  get currentSettings(): string {
    return this.runner.engine.currentSettings;
  }

  /** Whether it would take these settings. @throws GuidestarError INVALID_ARGUMENT if not */
  check(settings: string): void {
    if (settings !== this.currentSettings) this.runner.engine.check(settings);
  }

  /** Changes what can change while it goes on. `shadow`: the loaded one, if `setup` names another. */
  change(setup: PluginSetup, shadow: LoadedPlugin | undefined, firstSequence: number): void {
    this.setup = setup;
    const { effects, engine } = this.runner;
    if (setup.mode === "enforce") effects.isObserved = false;
    else if (!effects.isObserved) effects.observe();
    if (setup.settings !== this.currentSettings) engine.configure(setup.settings);
    const wanted = setup.shadow;
    if (wanted === undefined) this.shadow = undefined;
    else if (wanted.instance !== this.shadowInstance && shadow) {
      this.shadow = new Shadow(wanted, shadow, firstSequence, this.options.nowMs, this.runner);
    }
  }

  /** The plugin as it is now, with a copy of its counts. */
  snapshot(): ActivePlugin {
    const { name, version, manifestVersion, description, size, failurePolicy } =
      this.plugin.prepared;
    const { mode, uploadedMs } = this.setup;
    return {
      ...{ name, version, manifestVersion, description, size, failurePolicy },
      ...{ mode, settings: this.currentSettings, uploadedMs },
      firstSequence: this.options.firstSequence,
      counts: { ...this.runner.counts },
      failure: this.runner.failure,
      shadow: this.shadow?.report(),
    };
  }

  /** Lets the plugin judge what is alive of a batch, and does as it says; returns how many it dropped. */
  run(batch: Batch): number {
    if (!this.wantsAny(batch.types)) return 0;
    const outcome = this.runner.judge(batch);
    this.shadow?.compare(batch, outcome);
    return this.setup.mode === "enforce" ? this.apply(batch, outcome) : 0;
  }

  /** What the plugin has made since the last time. */
  takeMade(): Made | undefined {
    return this.runner.effects.takeMade();
  }

  /** Calls the plugin by the clock if its time has come. */
  tick(packer: Packer): void {
    if (this.setup.mode === "disabled") return;
    this.runner.tick(packer);
    this.shadow?.tick(packer);
  }

  /** The plugin goes: what it aggregated goes out now, and what it holds. */
  finish(packer: Packer): void {
    if (this.setup.mode === "disabled") this.runner.effects.letGo();
    else this.runner.finish(packer);
  }

  /** Has the next version take over what this one knows; else this one finishes. */
  handOver(next: Slot, packer: Packer): void {
    this.runner.handOver(next.runner, packer);
  }

  private apply(batch: Batch, { verdicts }: Outcome): number {
    const { counts, effects } = this.runner;
    const isClosed = this.plugin.prepared.failurePolicy === "closed";
    let dropped = 0;
    for (let n = 0; n < batch.count; n++) {
      const verdict = verdicts[n];
      if (verdict === FAILED && !isClosed) effects.flag(eventOf(batch, n));
      if (verdict === FAILED && isClosed) counts.withheld++;
      else if (verdict !== VERDICT_DROP) continue;
      batch.alive[n] = 0;
      dropped++;
    }
    return dropped;
  }
}
