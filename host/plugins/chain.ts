import type { Event } from "../events/model.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { type LoadedPlugin, load } from "./loaded.js";
import type { ActivePlugin, PreparedPlugin } from "./prepared.js";
import type { LogLevel } from "./runtime/imports.js";
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
    return load(prepared, (level, line) => this.onLog(prepared.name, level, line));
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
    if (!this.slots.some((slot) => slot.failure === "")) return events;
    this.packer.showsCalls = this.slots.some((slot) => slot.wantsCalls);
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
}
