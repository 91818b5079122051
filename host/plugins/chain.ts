import type { Event } from "../events/model.js";
import type { Batch } from "./batch.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { type LoadedPlugin, load } from "./loaded.js";
import type { ActivePlugin, Arranged, PluginSetup, PreparedPlugin } from "./prepared.js";
import type { LogLevel } from "./runtime/imports.js";
import { Packer } from "./runtime/packer.js";
import { Slot } from "./slot.js";

export interface PluginChainOptions {
  /** Called with each line of a plugin's log, and with what the host has to say of the plugin. */
  readonly onLog?: (plugin: string, level: LogLevel, line: string) => void;
  /** Called with an event that made a plugin fail all by itself. */
  readonly onPoison?: (plugin: PreparedPlugin, event: Event, reason: string) => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
  /** Chains that take turns on one thread can share one. */
  readonly packer?: Packer;
}

/** An arrangement whose new plugins are started: it can be put into force between two batches. */
export interface LoadedArrangement {
  readonly setups: readonly PluginSetup[];
  /** By number of instance. */
  readonly loaded: ReadonlyMap<number, LoadedPlugin>;
}

/**
 * The plugins of a node, in the order in which events pass through them. Not tied to a thread; all
 * calls but those that load are synchronous, so between two of `run` every event belongs to the plugins
 * that were there when its `run` began.
 */
export class PluginChain {
  private slots: Slot[] = [];
  private readonly packer: Packer;
  private readonly alive = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  private readonly onLog: NonNullable<PluginChainOptions["onLog"]>;
  private readonly onPoison: PluginChainOptions["onPoison"];
  private readonly nowMs: () => number;
  /** Of instances that `activate` made, so that they never meet those of a setup. */
  private nextInstance = -1;

  constructor(options: PluginChainOptions = {}) {
    this.packer = options.packer ?? new Packer();
    this.onLog = options.onLog ?? (() => {});
    this.onPoison = options.onPoison;
    this.nowMs = options.nowMs ?? Date.now;
  }

  get isEmpty(): boolean {
    return this.slots.length === 0;
  }

  /** Compiles and starts a plugin, which changes nothing yet. Rejects with a `GuidestarError`. */
  load(prepared: PreparedPlugin): Promise<LoadedPlugin> {
    return load(prepared, (level, line) => this.onLog(prepared.name, level, line));
  }

  /**
   * Starts what is new in an arrangement, which changes nothing yet. Rejects with a `GuidestarError` if
   * a plugin does not start; if `lenient`, that plugin is part of it, and out of action.
   */
  async loadAll(setups: readonly PluginSetup[], lenient = false): Promise<LoadedArrangement> {
    const known = new Set(this.slots.flatMap((slot) => [slot.instance, slot.shadowInstance]));
    const loaded = new Map<number, LoadedPlugin>();
    for (const { plugin, instance } of setups.flatMap((setup) => [setup, setup.shadow ?? setup])) {
      if (known.has(instance) || loaded.has(instance)) continue;
      loaded.set(instance, await (lenient ? this.loadOrFail(plugin) : this.load(plugin)));
    }
    return { setups, loaded };
  }

  /**
   * Puts an arrangement in force: the chain has these plugins in this order, and no others. Those whose
   * instance it has already go on. `firstSequence`: number of the next event, the first for which it holds.
   */
  arrange({ setups, loaded }: LoadedArrangement, firstSequence: number): Arranged {
    const before = new Map(this.slots.map((slot) => [slot.instance, slot]));
    const now = setups.map((setup) => {
      const slot = before.get(setup.instance) ?? this.slotFor(setup, loaded, firstSequence);
      const shadow = setup.shadow && loaded.get(setup.shadow.instance);
      slot.change(setup, shadow, firstSequence);
      return slot;
    });
    const removed = this.slots.filter((slot) => !now.includes(slot));
    this.slots = now;
    return {
      firstSequence,
      plugins: this.list(),
      removed: removed.map((slot) => slot.snapshot()),
    };
  }

  /**
   * Puts a plugin at the end of the chain, or in the place of the one of its name. `firstSequence`: the
   * number of the next event, which is the first it can see.
   */
  activate(
    loaded: LoadedPlugin,
    firstSequence: number,
  ): { readonly active: ActivePlugin; readonly replaced: ActivePlugin | undefined } {
    const setup: PluginSetup = {
      plugin: loaded.prepared,
      instance: this.nextInstance--,
      mode: "enforce",
      settings: "{}",
      uploadedMs: this.nowMs(),
    };
    const slot = this.slotFor(setup, new Map([[setup.instance, loaded]]), firstSequence);
    const place = this.slots.findIndex((other) => other.name === slot.name);
    const replaced = this.slots[place]?.snapshot();
    if (place >= 0) this.slots[place] = slot;
    else this.slots.push(slot);
    return { active: slot.snapshot(), replaced };
  }

  /** Takes a plugin out; returns it with its final counts, or undefined if there is none of that name. */
  remove(name: string): ActivePlugin | undefined {
    const slot = this.slots.find((other) => other.name === name);
    this.slots = this.slots.filter((other) => other !== slot);
    return slot?.snapshot();
  }

  /** In the order of the chain, those out of action included (`failure`). */
  list(): ActivePlugin[] {
    return this.slots.map((slot) => slot.snapshot());
  }

  /**
   * Sends events through all plugins. Returns those that none of them dropped, with their annotations
   * set, in order; it is `events` itself if nothing was dropped. Never throws because of a plugin.
   */
  run(events: Event[]): Event[] {
    if (this.slots.every((slot) => slot.isIdle)) return events;
    let kept: Event[] | undefined;
    for (let from = 0; from < events.length; ) {
      const count = this.packer.pack(events, from);
      const dropped = this.runBatch({
        packer: this.packer,
        events,
        from,
        count,
        alive: this.alive,
      });
      if (dropped > 0 && kept === undefined) kept = events.slice(0, from);
      if (kept !== undefined) {
        for (let n = 0; n < count; n++) {
          if (this.alive[n] === 1) kept.push(events[from + n] as Event);
        }
      }
      from += count;
    }
    return kept ?? events;
  }

  private runBatch(batch: Batch): number {
    batch.alive.fill(1, 0, batch.count);
    let dropped = 0;
    for (const slot of this.slots) {
      dropped += slot.run(batch);
      if (dropped === batch.count) break;
    }
    return dropped;
  }

  private slotFor(
    setup: PluginSetup,
    loaded: ReadonlyMap<number, LoadedPlugin>,
    firstSequence: number,
  ): Slot {
    const plugin = loaded.get(setup.instance);
    if (plugin === undefined) throw new Error(`instance ${setup.instance} was not loaded`);
    const { onPoison, nowMs } = this;
    return new Slot(setup, plugin, {
      firstSequence,
      nowMs,
      onPoison: (event, reason) => onPoison?.(setup.plugin, event, reason),
    });
  }

  private async loadOrFail(prepared: PreparedPlugin): Promise<LoadedPlugin> {
    try {
      return await this.load(prepared);
    } catch (error) {
      const sink = (level: LogLevel, line: string) => this.onLog(prepared.name, level, line);
      const failure = `could not be started: ${(error as Error).message}`;
      sink("error", failure);
      return { prepared, module: undefined, instance: undefined, failure, sink };
    }
  }
}
