import { GuidestarError } from "../errors.js";
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
  /** By plugin name: versions come and go, what the host keeps for them stays. */
  private readonly keyValues = new Map<string, KeyValues>();
  private made: Event[] = [];
  private readonly onLog: NonNullable<PluginChainOptions["onLog"]>;
  private readonly onPoison: NonNullable<PluginChainOptions["onPoison"]>;
  private readonly nowMs: () => number;
  private readonly isOfStream: boolean;
  /** Of instances that `activate` made, so that they never meet those of a setup. */
  private nextInstance = -1;

  constructor(options: PluginChainOptions = {}) {
    this.packer = options.packer ?? new Packer();
    if (options.encoder) this.packer.encoder = options.encoder;
    this.onLog = options.onLog ?? (() => {});
    this.onPoison = options.onPoison ?? (() => {});
    this.nowMs = options.nowMs ?? Date.now;
    this.isOfStream = options.isOfStream ?? false;
  }

  get isEmpty(): boolean {
    return this.slots.length === 0;
  }

  /** Compiles and starts a plugin, which changes nothing yet. Rejects with a `GuidestarError`. */
  load(prepared: PreparedPlugin, settings = prepared.settings): Promise<LoadedPlugin> {
    return load(
      prepared,
      this.optionsFor(prepared.name, settings, this.keyValuesOf(prepared.name)),
    );
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
      const started = this.start(
        shadow.plugin,
        shadow.settings,
        new KeyValues(),
        lenient,
        "shadow: ",
      );
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
    for (const name of this.keyValues.keys()) if (!names.has(name)) this.keyValues.delete(name);
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
      settings: loaded.settings,
      uploadedMs: this.nowMs(),
    };
    const slot = this.slotFor(setup, new Map([[setup.instance, loaded]]), firstSequence);
    const place = this.slots.findIndex((other) => other.name === slot.name);
    const before = this.slots[place];
    if (before) this.end(before, slot);
    const replaced = before?.snapshot();
    if (place >= 0) this.slots[place] = slot;
    else this.slots.push(slot);
    return { active: slot.snapshot(), replaced };
  }

  /** Takes a plugin out; returns it with its final counts, or undefined if there is none of that name. */
  remove(name: string): ActivePlugin | undefined {
    const slot = this.slots.find((other) => other.name === name);
    if (slot) {
      this.end(slot, undefined);
      this.slots = this.slots.filter((other) => other !== slot);
      this.keyValues.delete(name);
    }
    return slot?.snapshot();
  }

  /** In the order of the chain, those out of action included (`failure`). */
  list(): ActivePlugin[] {
    return this.slots.map((slot) => slot.snapshot());
  }

  /**
   * Gives a plugin new settings, between two batches: an object, or its JSON. Returns them with their
   * defaults. @throws GuidestarError NOT_FOUND, or INVALID_ARGUMENT; then nothing has changed
   */
  configure(name: string, values: unknown): string {
    const slot = this.slots.find((other) => other.name === name);
    if (!slot) throw new GuidestarError("NOT_FOUND", `plugin ${name} does not exist`);
    return slot.configure(values);
  }

  /** Calls the plugins whose time has come. `isLast`: there will be no more events. */
  tick(isLast = false): void {
    this.slots.forEach((slot, place) => {
      if (isLast) slot.finish(this.packer);
      else slot.tick(this.packer);
      this.passOn(slot, place + 1);
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
      const count = this.packer.pack(events, from);
      const dropped = this.runBatch(place, {
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
      // The packer is free again: what plugins made of this batch goes on to those behind them.
      for (let n = place; n < this.slots.length; n++) this.passOn(this.slots[n] as Slot, n + 1);
    }
    return kept ?? events;
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
    this.keyValues.set(name, keyValues);
    return keyValues;
  }
}
