import { GuidestarError } from "../errors.js";
import type { Event } from "../events/model.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { type LoadedPlugin, load } from "./loaded.js";
import type { ActivePlugin, PreparedPlugin } from "./prepared.js";
import type { LogLevel } from "./runtime/imports.js";
import { KeyValues } from "./runtime/keyValues.js";
import { Packer } from "./runtime/packer.js";
import { type Batch, Slot } from "./slot.js";

export interface PluginChainOptions {
  /** Called with each line of a plugin's log, and with what the host has to say of the plugin. */
  readonly onLog?: (plugin: string, level: LogLevel, line: string) => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/**
 * The plugins of a node, in the order in which events pass through them. Not tied to a thread; all
 * calls but `load` are synchronous, so between two of `run` every event belongs to the plugins that
 * were there when its `run` began.
 */
export class PluginChain {
  private slots: Slot[] = [];
  private readonly packer = new Packer();
  private readonly alive = new Uint8Array(PLUGIN_LIMITS.batchEvents);
  /** By plugin name: versions come and go, what the host keeps for them stays. */
  private readonly keyValues = new Map<string, KeyValues>();
  private made: Event[] = [];
  private readonly onLog: NonNullable<PluginChainOptions["onLog"]>;
  private readonly nowMs: () => number;

  constructor(options: PluginChainOptions = {}) {
    this.onLog = options.onLog ?? (() => {});
    this.nowMs = options.nowMs ?? Date.now;
  }

  get isEmpty(): boolean {
    return this.slots.length === 0;
  }

  /** Compiles and starts a plugin, which changes nothing yet. Rejects with a `GuidestarError`. */
  load(prepared: PreparedPlugin): Promise<LoadedPlugin> {
    let keyValues = this.keyValues.get(prepared.name);
    if (!keyValues) {
      keyValues = new KeyValues();
      this.keyValues.set(prepared.name, keyValues);
    }
    const sink = (level: LogLevel, line: string) => this.onLog(prepared.name, level, line);
    return load(prepared, { sink, keyValues, nowMs: this.nowMs });
  }

  /**
   * Puts a plugin at the end of the chain, or in the place of the one of its name. `firstSequence`: the
   * number of the next event, which is the first it can see.
   */
  activate(
    loaded: LoadedPlugin,
    firstSequence: number,
  ): { readonly active: ActivePlugin; readonly replaced: ActivePlugin | undefined } {
    const slot = new Slot(loaded, firstSequence, this.nowMs(), this.nowMs);
    const place = this.slots.findIndex((other) => other.name === slot.name);
    const before = this.slots[place];
    before?.handOver(slot, this.packer);
    if (before) this.passOn(before, place + 1);
    const replaced = before?.snapshot();
    if (place >= 0) this.slots[place] = slot;
    else this.slots.push(slot);
    return { active: slot.snapshot(), replaced };
  }

  /** Takes a plugin out; returns it with its final counts, or undefined if there is none of that name. */
  remove(name: string): ActivePlugin | undefined {
    const place = this.slots.findIndex((other) => other.name === name);
    const slot = this.slots[place];
    if (slot) {
      slot.finish(this.packer);
      this.passOn(slot, place + 1);
      this.slots.splice(place, 1);
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
    if (!this.slots.some((slot, n) => n >= place && slot.failure === "")) return events;
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
}
