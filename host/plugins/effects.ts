import { VERDICT_DROP } from "../../plugins/sdk/abi.js";
import type { Event } from "../events/model.js";
import { Holdings, type Made } from "./holdings.js";
import type { PluginCounts } from "./prepared.js";
import type { Packer } from "./runtime/packer.js";
import type { Judgement } from "./runtime/records.js";

/** Annotation of an event that passed plugins unjudged: their names, joined by commas. */
export const UNJUDGED = "guidestar.unjudged";

/** Does what a plugin says of events beside keeping and dropping them, and has what it made of them. */
export class Effects {
  /** What it says is counted, and not done. */
  isObserved: boolean;
  readonly holdings: Holdings;
  private made: Made = { emitted: [], findings: [], rewritten: [] };
  private readonly keys = new Map<string, string>();

  constructor(
    private readonly plugin: { readonly name: string; readonly version: string },
    counts: PluginCounts,
    options: { readonly isObserved: boolean; readonly mayPatch?: boolean },
  ) {
    this.holdings = new Holdings(plugin, counts, options.mayPatch ?? true);
    this.isObserved = options.isObserved;
  }

  /** `eventAt`: the event that the plugin knows by a number. */
  apply(judgement: Judgement, eventAt: (index: number) => Event, packer?: Packer): void {
    const { isObserved } = this;
    if (!isObserved) {
      for (const { event, key, value } of judgement.annotations) {
        if (judgement.verdicts[event] === VERDICT_DROP) continue;
        annotate(eventAt(event), this.fullKey(key), value);
      }
    }
    const made = this.holdings.apply(judgement, eventAt, isObserved);
    if (made === undefined || isObserved) return;
    this.made.emitted.push(...made.emitted);
    this.made.findings.push(...made.findings);
    for (const process of made.rewritten) packer?.rewriteArguments(process);
  }

  /** What was made since the last time. */
  takeMade(): Made | undefined {
    const { made } = this;
    if (made.emitted.length === 0 && made.findings.length === 0) return undefined;
    this.made = { emitted: [], findings: [], rewritten: [] };
    return made;
  }

  /** Held events that nobody told of go to the streams, and say that they were not judged. */
  letGo(): void {
    const events = this.holdings.releaseAll();
    for (const event of events) this.flag(event);
    this.made.emitted.push(...events);
  }

  /** From now on what it says is counted, and not done. */
  observe(): void {
    this.isObserved = true;
    this.made.emitted.push(...this.holdings.showAll());
  }

  /** The event passes unjudged, and says so. */
  flag(event: Event): void {
    const { name } = this.plugin;
    const others = event.annotations?.get(UNJUDGED);
    annotate(event, UNJUDGED, others === undefined ? name : `${others},${name}`);
  }

  /** Keys stand behind the plugin's name, so that no plugin can speak for another, or for the host. */
  private fullKey(key: string): string {
    let full = this.keys.get(key);
    if (full === undefined) {
      full = `${this.plugin.name}.${key}`;
      if (this.keys.size < 1000) this.keys.set(key, full);
    }
    return full;
  }
}

function annotate(event: Event, key: string, value: string): void {
  event.annotations ??= new Map();
  event.annotations.set(key, value);
}
