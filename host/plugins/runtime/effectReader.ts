import {
  EMIT_COUNT,
  EMIT_FLAGS,
  EMIT_RELEASE,
  FIELD_ARGUMENTS,
  FIELD_CONTAINER_NAME,
  FIELD_DESTINATION_NAME,
  FIELD_IMAGE_NAME,
  FIELD_POD_LABEL,
  FIELD_POD_NAME,
  FIELD_POD_NAMESPACE,
  FINDING_MESSAGE_LENGTH,
  FINDING_NAME_LENGTH,
  FINDING_SEVERITY,
  FINDING_TEXT,
  HOLD_SLOT,
  HOLD_SLOTS,
  OUTPUT_KIND_EMIT,
  OUTPUT_KIND_FINDING,
  OUTPUT_KIND_HOLD,
  OUTPUT_KIND_PATCH,
  OUTPUT_KIND_RELEASE,
  PATCH_FIELD,
  PATCH_LENGTH,
  PATCH_TEXT,
  SEVERITY_CRITICAL,
  SEVERITY_INFO,
  SUBJECT_HELD,
} from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import type { OutputTexts } from "./outputTexts.js";
import { PluginError } from "./pluginError.js";
import type { Effect, Emit, Finding, HeldNumbers, Subject } from "./records.js";

const knownFields: ReadonlySet<number> = new Set([
  ...[FIELD_POD_NAMESPACE, FIELD_POD_NAME, FIELD_CONTAINER_NAME, FIELD_IMAGE_NAME],
  ...[FIELD_POD_LABEL, FIELD_DESTINATION_NAME, FIELD_ARGUMENTS],
]);
const none: readonly Effect[] = [];

/** Reads the records of one call that do more than annotate, and checks them all before any has an effect. */
export class EffectReader {
  private effects: Effect[] | undefined;
  /** What was emitted and found: what subjects beyond the events mean. */
  private made: (Emit | Finding)[] = [];
  private emits = 0;
  private findings = 0;
  private patches = 0;
  /** Events held and released by this call, which `held` does not know of yet. */
  private readonly changed = new Map<number, boolean>();
  private memory: Buffer = Buffer.alloc(0);
  private events = 0;
  private held: HeldNumbers = changedNothing;

  constructor(private readonly texts: OutputTexts) {}

  begin(memory: Buffer, events: number, held: HeldNumbers): void {
    this.memory = memory;
    this.events = events;
    this.held = held;
    this.effects = undefined;
    this.made = [];
    this.emits = this.findings = this.patches = 0;
    this.changed.clear();
  }

  end(): readonly Effect[] {
    this.memory = Buffer.alloc(0);
    return this.effects ?? none;
  }

  /** Reads one record; its `size` was checked, its `kind` not. */
  read(kind: number, record: number, size: number, subject: Subject): void {
    const effect = this.readKind(kind, record, size, subject);
    this.effects ??= [];
    this.effects.push(effect);
    if (effect.kind === "emit" || effect.kind === "finding") this.made.push(effect);
  }

  /** An annotation on what this call emitted or found. */
  annotate(record: number, size: number, subject: Subject): void {
    const made = this.made[subject - this.events];
    if (made === undefined) {
      throw new PluginError(`annotated event ${subject} of a batch of ${this.events}`);
    }
    if (made.annotations.size >= PLUGIN_LIMITS.annotationsPerEvent) {
      const what = made.kind === "emit" ? "event that it emitted" : "finding";
      throw new PluginError(
        `made more than ${PLUGIN_LIMITS.annotationsPerEvent} annotations on one ${what}`,
      );
    }
    this.texts.readAnnotation(this.memory, record, size);
    made.annotations.set(this.texts.key, this.texts.value);
  }

  private readKind(kind: number, record: number, size: number, subject: Subject): Effect {
    const { memory } = this;
    switch (kind) {
      case OUTPUT_KIND_EMIT:
        return this.emit(record, subject);
      case OUTPUT_KIND_FINDING:
        return this.finding(record, size, subject);
      case OUTPUT_KIND_PATCH:
        return this.patch(record, size, subject);
      case OUTPUT_KIND_HOLD: {
        if (subject >= this.events) {
          throw new PluginError(`holds event ${subject} of a batch of ${this.events}`);
        }
        const slot = this.slot(memory.readUInt32LE(record + HOLD_SLOT));
        this.changed.set(slot, true);
        return { kind: "hold", event: subject, slot };
      }
      case OUTPUT_KIND_RELEASE: {
        const slot = this.slot(memory.readUInt32LE(record + HOLD_SLOT));
        this.checkHeld(slot, "releases");
        this.changed.set(slot, false);
        return { kind: "release", slot };
      }
      default:
        throw new PluginError(`wrote an output record of the unknown kind ${kind}`);
    }
  }

  private emit(record: number, subject: Subject): Effect {
    const { memory } = this;
    if (++this.emits > PLUGIN_LIMITS.emitsPerCall) {
      throw new PluginError(`emitted more than ${PLUGIN_LIMITS.emitsPerCall} events in one call`);
    }
    this.checkSubject(subject, "emits");
    const count = memory.readBigUInt64LE(record + EMIT_COUNT);
    if (count < 1n || count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new PluginError(`emits one event for ${count}`);
    }
    const release = (memory.readUInt32LE(record + EMIT_FLAGS) & EMIT_RELEASE) !== 0;
    if (release && isHeld(subject)) this.changed.set(slotOf(subject), false);
    return { kind: "emit", subject, count: Number(count), release, annotations: new Map() };
  }

  private finding(record: number, size: number, subject: Subject): Effect {
    const { memory, texts } = this;
    if (++this.findings > PLUGIN_LIMITS.findingsPerCall) {
      throw new PluginError(`made more than ${PLUGIN_LIMITS.findingsPerCall} findings in one call`);
    }
    this.checkSubject(subject, "found something in");
    const severity = memory.readUInt32LE(record + FINDING_SEVERITY);
    if (severity < SEVERITY_INFO || severity > SEVERITY_CRITICAL) {
      throw new PluginError(`made a finding of the unknown severity ${severity}`);
    }
    const nameBytes = memory.readUInt32LE(record + FINDING_NAME_LENGTH);
    const messageBytes = memory.readUInt32LE(record + FINDING_MESSAGE_LENGTH);
    const { annotationKeyBytes, findingMessageBytes } = PLUGIN_LIMITS;
    if (FINDING_TEXT + nameBytes + messageBytes > size) {
      throw new PluginError(`wrote a finding longer than its record of ${size} bytes`);
    }
    const at = record + FINDING_TEXT;
    const name = texts.text(memory, at, nameBytes, annotationKeyBytes, "a finding with a name");
    texts.checkKey(name, "a finding with the name");
    const message = texts.text(
      memory,
      at + nameBytes,
      messageBytes,
      findingMessageBytes,
      "a finding with a message",
    );
    return { kind: "finding", subject, severity, name, message, annotations: new Map() };
  }

  private patch(record: number, size: number, subject: Subject): Effect {
    const { memory } = this;
    if (++this.patches > PLUGIN_LIMITS.patchesPerCall) {
      throw new PluginError(`filled more than ${PLUGIN_LIMITS.patchesPerCall} fields in one call`);
    }
    this.checkSubject(subject, "fills fields of");
    const field = memory.readUInt32LE(record + PATCH_FIELD);
    if (!knownFields.has(field)) throw new PluginError(`fills the unknown field ${field}`);
    const bytes = memory.readUInt32LE(record + PATCH_LENGTH);
    if (PATCH_TEXT + bytes > size) {
      throw new PluginError(`wrote a field longer than its record of ${size} bytes`);
    }
    const at = record + PATCH_TEXT;
    const { patchBytes, argumentsBytes } = PLUGIN_LIMITS;
    const limit = field === FIELD_ARGUMENTS ? argumentsBytes : patchBytes;
    const value = this.texts.text(memory, at, bytes, limit, "a field with a value");
    return { kind: "patch", subject, field, value };
  }

  /** Throws unless it is an event of the batch or a held one. */
  private checkSubject(subject: Subject, does: string): void {
    if (isHeld(subject)) this.checkHeld(this.slot(slotOf(subject)), does);
    else if (subject >= this.events) {
      throw new PluginError(`${does} event ${subject} of a batch of ${this.events}`);
    }
  }

  private checkHeld(slot: number, does: string): void {
    if (!(this.changed.get(slot) ?? this.held.has(slot))) {
      throw new PluginError(`${does} held event ${slot}, which it does not hold`);
    }
  }

  private slot(slot: number): number {
    if (slot >= HOLD_SLOTS) {
      throw new PluginError(`has a held event of number ${slot}, they go up to ${HOLD_SLOTS - 1}`);
    }
    return slot;
  }
}

const changedNothing: HeldNumbers = { has: () => false };

export function isHeld(subject: Subject): boolean {
  return subject >= SUBJECT_HELD;
}

export function slotOf(subject: Subject): number {
  return subject - SUBJECT_HELD;
}
