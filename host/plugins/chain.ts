import type { EventEncoder } from "../events/encoder.js";
import type { Event } from "../events/model.js";
import type { Batch } from "./batch.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { type LoadedPlugin, load } from "./loaded.js";
import type { ActivePlugin, Arranged, PluginSetup, PreparedPlugin } from "./prepared.js";
import type { LogLevel } from "./runtime/imports.js";
import { KeyValues } from "./runtime/keyValues.js";
import { Packer } from "./runtime/packer.js";
import { Slot } from "./slot.js";
import { readKept, writeKept } from "./store/keptFormat.js";

export interface PluginChainOptions {
  /** Called with each line of a plugin's log, and with what the host has to say of the plugin. */
  readonly onLog?: (plugin: string, level: LogLevel, line: string) => void;
  /** Called with an event that made a plugin fail all by itself. */
  readonly onPoison?: (plugin: PreparedPlugin, event: Event, reason: string) => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
  /** Of one stream: events are copies, but their processes are everybody's, so no field is filled. */
  readonly isOfStream?: boolean;
  /** What writes the events of the streams; default: one of its own. */
  readonly encoder?: EventEncoder;
  /** Chains that take turns on one thread can share one. */
  readonly packer?: Packer;
  /** What was kept for plugins before, by name, as `takeKept` gave it. */
  readonly kept?: ReadonlyMap<string, Uint8Array> | undefined;
}

const noBytes = new Uint8Array(0);

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
  private readonly types = new Set<number>();
  /** By plugin name: versions come and go, what the host keeps for them stays. */
  private readonly keyValues = new Map<string, KeyValues>();
  /** `KeyValues.changes` of what `takeKept` has given, by plugin. */
  private readonly taken = new Map<string, number>();
  private readonly kept: Map<string, Uint8Array>;
  private made: Event[] = [];
  private readonly onLog: NonNullable<PluginChainOptions["onLog"]>;
  private readonly onPoison: NonNullable<PluginChainOptions["onPoison"]>;
  private readonly nowMs: () => number;
  private readonly isOfStream: boolean;

  constructor(options: PluginChainOptions = {}) {
    this.packer = options.packer ?? new Packer();
    if (options.encoder) this.packer.encoder = options.encoder;
    this.onLog = options.onLog ?? (() => {});
    this.onPoison = options.onPoison ?? (() => {});
    this.nowMs = options.nowMs ?? Date.now;
    this.isOfStream = options.isOfStream ?? false;
    this.kept = new Map(options.kept);
  }

  get isEmpty(): boolean {
    return this.slots.length === 0;
  }

  /**
   * Starts what is new in an arrangement, which changes nothing yet. Rejects with a `GuidestarError` if
   * a plugin does not start, or does not take its settings; if `lenient`, that plugin is part of it, and
   * quarantined.
   */
  async loadAll(setups: readonly PluginSetup[], lenient = false): Promise<LoadedArrangement> {
    const known = new Map(this.slots.map((slot) => [slot.instance, slot]));
    const loaded = new Map<number, LoadedPlugin>();
    for (const { plugin, instance, settings, shadow } of setups) {
      const slot = known.get(instance);
      slot?.check(settings);
      if (!slot) {
        const { name } = plugin;
        loaded.set(instance, await this.start(plugin, settings, this.keyValuesOf(name), lenient));
      }
      if (shadow === undefined || shadow.instance === slot?.shadowInstance) continue;
      // What it has the host keep is its own: the active version must not notice it.
      const keyValues = new KeyValues();
      keyValues.copyFrom(this.keyValuesOf(plugin.name));
      const started = this.start(shadow.plugin, shadow.settings, keyValues, lenient, "shadow: ");
      loaded.set(shadow.instance, await started);
    }
    return { setups, loaded };
  }

  /**
   * Puts an arrangement in force: the chain has these plugins in this order, and no others. Those whose
   * instance it has already go on; a version that takes the place of another takes over its state, if both
   * can. `firstSequence`: number of the next event, the first for which it holds.
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
    for (const slot of removed) {
      this.end(
        slot,
        now.find(({ name }) => name === slot.name),
      );
    }
    this.slots.forEach((slot, place) => void this.passOn(slot, place + 1));
    this.slots = now;
    const names = new Set(now.map(({ name }) => name));
    for (const name of this.keyValues.keys()) if (!names.has(name)) this.forget(name);
    return {
      firstSequence,
      plugins: this.list(),
      removed: removed.map((slot) => slot.snapshot()),
    };
  }

  /** In the order of the chain, those out of action included (`failure`). */
  list(): ActivePlugin[] {
    return this.slots.map((slot) => slot.snapshot());
  }

  /** Calls the plugins whose time has come. `isLast`: there will be no more events. */
  tick(isLast = false): void {
    this.slots.forEach((slot, place) => {
      if (isLast) slot.finish(this.packer);
      else slot.tick(this.packer);
      this.passOn(slot, place + 1);
    });
  }

  /** What plugins have the host keep, of those for which it has changed since the last time. */
  takeKept(): { readonly plugin: string; readonly bytes: Uint8Array }[] {
    const changed = [...this.keyValues].filter(
      ([name, { changes }]) => changes !== (this.taken.get(name) ?? 0),
    );
    return changed.map(([plugin, keyValues]) => {
      this.taken.set(plugin, keyValues.changes);
      return { plugin, bytes: writeKept(keyValues.entries()) };
    });
  }

  /** Events that plugins made (emitted, or found) since the last time; they are not among those of `run`. */
  takeMade(): Event[] {
    const { made } = this;
    if (made.length > 0) this.made = [];
    return made;
  }

  /**
   * Sends events through all plugins. Returns those that none of them dropped, with their annotations
   * set, in order; it is `events` itself if nothing was dropped. Never throws because of a plugin.
   */
  run(events: Event[]): Event[] {
    return this.runFrom(0, events);
  }

  /** Sends events through the plugins from `place` on. */
  private runFrom(place: number, events: Event[]): Event[] {
    if (!this.slots.some((slot, n) => n >= place && !slot.isIdle)) return events;
    this.packer.showsCalls = this.slots.some((slot) => slot.wantsCalls);
    let kept: Event[] | undefined;
    for (let from = 0; from < events.length; ) {
      const most = Math.min(events.length - from, PLUGIN_LIMITS.batchEvents);
      const types = this.typesOf(events, from, most);
      if (!this.slots.some((slot, n) => n >= place && slot.wantsAny(types))) {
        if (kept !== undefined) kept.push(...events.slice(from, from + most));
        from += most;
        continue;
      }
      const count = this.packer.pack(events, from);
      const dropped = this.runBatch(place, {
        packer: this.packer,
        events,
        from,
        count,
        types,
        alive: this.alive,
      });
      if (dropped > 0 && kept === undefined) kept = events.slice(0, from);
      if (kept !== undefined) {
        for (let n = 0; n < count; n++) {
          if (this.alive[n] === 1) kept.push(events[from + n] as Event);
        }
      }
      from += count;
      // The packer is free again: what plugins made of this batch goes on to those behind them.
      for (let n = place; n < this.slots.length; n++) this.passOn(this.slots[n] as Slot, n + 1);
    }
    return kept ?? events;
  }

  private typesOf(events: readonly Event[], from: number, count: number): ReadonlySet<number> {
    const { types } = this;
    types.clear();
    let last = -1;
    for (let n = from; n < from + count; n++) {
      const { type } = events[n] as Event;
      if (type !== last) types.add(type);
      last = type;
    }
    return types;
  }

  private runBatch(place: number, batch: Batch): number {
    batch.alive.fill(1, 0, batch.count);
    let dropped = 0;
    for (let n = place; n < this.slots.length; n++) {
      dropped += (this.slots[n] as Slot).run(batch);
      if (dropped === batch.count) break;
    }
    return dropped;
  }

  /** Sends what a plugin made to the plugins behind it; findings they do not see. */
  private passOn(slot: Slot, place: number): void {
    const made = slot.takeMade();
    if (!made) return;
    this.made.push(...made.findings);
    if (made.emitted.length > 0) this.made.push(...this.runFrom(place, made.emitted));
  }

  /** A plugin goes, or another version takes its place. */
  private end(slot: Slot, next: Slot | undefined): void {
    if (next) slot.handOver(next, this.packer);
    else slot.finish(this.packer);
    this.passOn(slot, this.slots.indexOf(slot) + 1);
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
      mayPatch: !this.isOfStream,
      onPoison: (event, reason) => onPoison(setup.plugin, event, reason),
    });
  }

  /** If `lenient`, a plugin that does not start is one without an instance. */
  private async start(
    prepared: PreparedPlugin,
    settings: string,
    keyValues: KeyValues,
    lenient: boolean,
    prefix = "",
  ): Promise<LoadedPlugin> {
    const options = this.optionsFor(prepared.name, settings, keyValues, prefix);
    try {
      return await load(prepared, options);
    } catch (error) {
      if (!lenient) throw error;
      const failure = `could not be started: ${(error as Error).message}`;
      options.sink("error", failure);
      return { prepared, module: undefined, instance: undefined, failure, ...options };
    }
  }

  /** `prefix`: stands before each line of its log. */
  private optionsFor(name: string, settings: string, keyValues: KeyValues, prefix = "") {
    const sink = (level: LogLevel, line: string) => this.onLog(name, level, prefix + line);
    return { sink, keyValues, nowMs: this.nowMs, settings };
  }

  private keyValuesOf(name: string): KeyValues {
    const known = this.keyValues.get(name);
    if (known) return known;
    const keyValues = new KeyValues();
    keyValues.load(readKept(this.kept.get(name) ?? noBytes));
    this.keyValues.set(name, keyValues);
    this.taken.set(name, keyValues.changes);
    return keyValues;
  }

  private forget(name: string): void {
    this.keyValues.delete(name);
    this.taken.delete(name);
    this.kept.delete(name);
  }
}
