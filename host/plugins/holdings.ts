import { FIELD_ARGUMENTS, VERDICT_DROP } from "../../plugins/sdk/abi.js";
import {
  type Event,
  EventType,
  type FindingEvent,
  isHookEvent,
  type Process,
} from "../events/model.js";
import { applyPatch } from "./patches.js";
import type { PluginCounts } from "./prepared.js";
import { isHeld, slotOf } from "./runtime/effectReader.js";
import type { Emit, Finding, HeldNumbers, Judgement, Subject } from "./runtime/records.js";

/** What a plugin made of a batch, besides its verdicts. */
export interface Made {
  /** Events that stand for many; the plugins behind see them. */
  readonly emitted: Event[];
  /** These go to the streams as they are. */
  readonly findings: FindingEvent[];
  /** Processes whose arguments it replaced. */
  readonly rewritten: Process[];
}

interface Held {
  readonly event: Event;
  /** The plugin dropped it: only what it emits tells of it. */
  readonly isDropped: boolean;
}

/** Annotation of an event whose arguments a plugin replaced: its name. */
export const REWRITTEN_BY = "guidestar.rewritten-by";

/** Annotation of an event that a plugin emitted: its name. */
export const EMITTED_BY = "guidestar.emitted-by";

/** Events that a plugin holds for later, and what it makes of them. Outlives the plugin's instances. */
export class Holdings implements HeldNumbers {
  private held = new Map<number, Held>();

  constructor(
    private readonly plugin: { readonly name: string; readonly version: string },
    private readonly counts: PluginCounts,
    private readonly mayPatch = true,
  ) {}

  has(slot: number): boolean {
    return this.held.has(slot);
  }

  get size(): number {
    return this.held.size;
  }

  /**
   * Does what a plugin said beyond verdicts and annotations; `eventAt`: the event it knows by a number.
   * `isObserved`: its verdicts are not done, so no field is filled and no event waits for what it emits.
   */
  apply(
    judgement: Judgement,
    eventAt: (index: number) => Event,
    isObserved = false,
  ): Made | undefined {
    if (judgement.effects.length === 0) return undefined;
    const made: Made = { emitted: [], findings: [], rewritten: [] };
    const patched = new Set<Event>();
    const subjectOf = (subject: Subject): Event =>
      isHeld(subject) ? (this.held.get(slotOf(subject)) as Held).event : eventAt(subject);
    for (const effect of judgement.effects) {
      switch (effect.kind) {
        case "hold": {
          // A number that is in use: what it meant goes its way.
          this.letGo(effect.slot, made.emitted);
          const isDropped = !isObserved && judgement.verdicts[effect.event] === VERDICT_DROP;
          this.held.set(effect.slot, { event: forKeeps(eventAt(effect.event)), isDropped });
          break;
        }
        case "release":
          this.held.delete(effect.slot);
          break;
        case "emit":
          made.emitted.push(this.emitted(subjectOf(effect.subject), effect));
          if (effect.release) this.held.delete(slotOf(effect.subject));
          break;
        case "finding":
          made.findings.push(this.found(subjectOf(effect.subject), effect));
          break;
        case "patch": {
          const event = subjectOf(effect.subject);
          if (!this.mayPatch) break;
          if (isObserved) patched.add(event);
          else if (applyPatch(event, effect.field, effect.value, patched.has(event))) {
            patched.add(event);
            if (effect.field === FIELD_ARGUMENTS) {
              this.markRewritten(event);
              made.rewritten.push(event.process);
            }
          }
        }
      }
    }
    this.counts.emitted += made.emitted.length;
    this.counts.findings += made.findings.length;
    this.counts.patched += patched.size;
    return made;
  }

  /**
   * Forgets all: the plugin that knew what to do with them is gone. Returns those that nobody else has
   * told of, for the streams.
   */
  releaseAll(): Event[] {
    const events: Event[] = [];
    for (const slot of [...this.held.keys()].sort((a, b) => a - b)) this.letGo(slot, events);
    return events;
  }

  /**
   * The plugin's verdicts are no longer done: events that only it would have told of go to the streams
   * now. It goes on holding them.
   */
  showAll(): Event[] {
    const events: Event[] = [];
    for (const [slot, { event, isDropped }] of this.held) {
      if (isDropped) events.push(event);
      this.held.set(slot, { event, isDropped: false });
    }
    return events;
  }

  /** Takes over what another version held. */
  takeFrom(other: Holdings): void {
    this.held = other.held;
    other.held = new Map();
  }

  /** Holds what another version holds, which goes on holding it: nobody waits for what this one says of it. */
  copyFrom(other: Holdings): void {
    for (const [slot, { event }] of other.held) this.held.set(slot, { event, isDropped: false });
  }

  private letGo(slot: number, to: Event[]): void {
    const held = this.held.get(slot);
    this.held.delete(slot);
    if (held?.isDropped) to.push(held.event);
  }

  private markRewritten(event: Event): void {
    event.annotations ??= new Map();
    event.annotations.set(REWRITTEN_BY, this.plugin.name);
  }

  private emitted(event: Event, { count, annotations }: Emit): Event {
    const all = new Map(event.annotations);
    all.set(EMITTED_BY, this.plugin.name);
    for (const [key, value] of annotations) all.set(`${this.plugin.name}.${key}`, value);
    return Object.assign(copyOf(event), { annotations: all, aggregated: count });
  }

  private found(event: Event, finding: Finding): FindingEvent {
    const { severity, name, message, annotations } = finding;
    return {
      type: EventType.FINDING,
      sequence: event.sequence,
      timeNs: event.timeNs,
      process: event.process,
      parent: event.parent,
      annotations: undefined,
      plugin: this.plugin.name,
      pluginVersion: this.plugin.version,
      name,
      severity,
      message,
      attributes: annotations.size === 0 ? undefined : annotations,
      eventType: event.type,
    };
  }
}

/** What a call was given shares memory with many other calls, which holding it must not keep alive. */
function forKeeps(event: Event): Event {
  if (!isHookEvent(event)) return event;
  const { fields, bytes, start, end } = event.data;
  if (bytes.length <= 2 * (end - start)) return event;
  const own = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(own, 0, start, end);
  const data = { fields, bytes: own, view: new DataView(own.buffer), start: 0, end: own.length };
  return Object.assign(copyOf(event), { data });
}

/** Of the same kind as the event, whatever class that has. */
function copyOf(event: Event): Event {
  return Object.assign(Object.create(Object.getPrototypeOf(event)) as Event, event);
}
