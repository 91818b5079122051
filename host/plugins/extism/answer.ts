import {
  FIELD_ARGUMENTS,
  FIELD_CONTAINER_NAME,
  FIELD_DESTINATION_NAME,
  FIELD_IMAGE_NAME,
  FIELD_POD_LABEL,
  FIELD_POD_NAME,
  FIELD_POD_NAMESPACE,
  HOLD_SLOTS,
  SUBJECT_HELD,
  VERDICT_DROP,
  VERDICT_KEEP,
} from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { PluginError } from "../runtime/pluginError.js";
import type { Annotation, Effect, HeldNumbers, Judgement, Subject } from "../runtime/records.js";

export type Json = Record<string, unknown>;

const members = ["drop", "annotations", "hold", "findings", "fields", "emit", "release"];
/** By number, as in the protobuf form. */
export const severities = ["", "info", "low", "medium", "high", "critical"];
const fields: Readonly<Record<string, number>> = {
  pod_namespace: FIELD_POD_NAMESPACE,
  pod_name: FIELD_POD_NAME,
  container_name: FIELD_CONTAINER_NAME,
  image_name: FIELD_IMAGE_NAME,
  pod_label: FIELD_POD_LABEL,
  destination_name: FIELD_DESTINATION_NAME,
  arguments: FIELD_ARGUMENTS,
};
const keyPattern = /^[A-Za-z0-9._-]+$/;

/** What an Extism plugin gave back for a batch: nothing keeps all. @throws PluginError */
export function readAnswer(
  output: Buffer,
  events: number,
  held: HeldNumbers,
  parse: (output: Buffer) => Json = parseJson,
): Judgement {
  const verdicts = new Uint8Array(events).fill(VERDICT_KEEP);
  if (output.length === 0) return { verdicts, dropped: 0, annotations: [], effects: [] };
  return new AnswerReader(parse(output), verdicts, held).read();
}

function parseJson(output: Buffer): Json {
  let value: unknown;
  try {
    value = JSON.parse(output.toString("utf8"));
  } catch (error) {
    throw new PluginError(`gave output that is not valid JSON: ${(error as Error).message}`);
  }
  return objectOf(value, "output");
}

class AnswerReader {
  private readonly effects: Effect[] = [];
  private readonly changed = new Map<number, boolean>();

  constructor(
    private readonly answer: Json,
    private readonly verdicts: Uint8Array,
    private readonly held: HeldNumbers,
  ) {}

  read(): Judgement {
    for (const name of Object.keys(this.answer)) {
      if (!members.includes(name)) throw new PluginError(`gave output with an unknown "${name}"`);
    }
    let dropped = 0;
    for (const index of this.list("drop", Number.POSITIVE_INFINITY)) {
      const event = this.event(index, "drops");
      if (this.verdicts[event] !== VERDICT_DROP) dropped++;
      this.verdicts[event] = VERDICT_DROP;
    }
    const annotations = this.annotations();
    for (const each of this.objects("hold", HOLD_SLOTS)) {
      const slot = this.slot(each.number);
      this.changed.set(slot, true);
      this.effects.push({ kind: "hold", event: this.event(each.event, "holds"), slot });
    }
    this.findings();
    this.fields();
    this.emits();
    for (const number of this.list("release", HOLD_SLOTS)) {
      const slot = this.slot(number);
      this.checkHeld(slot, "releases");
      this.changed.set(slot, false);
      this.effects.push({ kind: "release", slot });
    }
    return { verdicts: this.verdicts, dropped, annotations, effects: this.effects };
  }

  private annotations(): Annotation[] {
    const perEvent = new Uint8Array(this.verdicts.length);
    const most = PLUGIN_LIMITS.annotationsPerEvent;
    return this.objects("annotations", Number.POSITIVE_INFINITY).map((each) => {
      const event = this.event(each.event, "annotated");
      perEvent[event] = (perEvent[event] as number) + 1;
      if ((perEvent[event] as number) > most) {
        throw new PluginError(`made more than ${most} annotations on one event`);
      }
      return { event, key: keyOf(each.key), value: annotationValue(each.value) };
    });
  }

  private findings(): void {
    for (const each of this.objects("findings", PLUGIN_LIMITS.findingsPerCall)) {
      const severity = severities.indexOf(String(each.severity ?? "medium"));
      if (severity < 1) {
        throw new PluginError(`made a finding of the unknown severity ${String(each.severity)}`);
      }
      const message = textOf(each.message ?? "", PLUGIN_LIMITS.findingMessageBytes, "message");
      const subject = this.subject(each, "found something in");
      const annotations = mapOf(each.attributes);
      const name = keyOf(each.name);
      this.effects.push({ kind: "finding", subject, severity, name, message, annotations });
    }
  }

  private fields(): void {
    for (const each of this.objects("fields", PLUGIN_LIMITS.patchesPerCall)) {
      const name = String(each.field);
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) throw new PluginError(`fills the unknown field ${name}`);
      const { argumentsBytes, patchBytes } = PLUGIN_LIMITS;
      const limit = field === FIELD_ARGUMENTS ? argumentsBytes : patchBytes;
      const value = textOf(each.value, limit, "field");
      this.effects.push({
        ...{ kind: "patch", field, value },
        subject: this.subject(each, "fills fields of"),
      });
    }
  }

  private emits(): void {
    for (const each of this.objects("emit", PLUGIN_LIMITS.emitsPerCall)) {
      const { count } = each;
      if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 1) {
        throw new PluginError(`emits one event for ${String(count)}`);
      }
      const subject = this.subject(each, "emits");
      const release = each.held !== undefined && each.release !== false;
      if (release) this.changed.set(subject - SUBJECT_HELD, false);
      const annotations = mapOf(each.annotations);
      this.effects.push({ kind: "emit", subject, count, release, annotations });
    }
  }

  /** `{"event": n}` or `{"held": n}`. */
  private subject(each: Json, does: string): Subject {
    if (each.held === undefined) return this.event(each.event, does);
    const slot = this.slot(each.held);
    this.checkHeld(slot, does);
    return SUBJECT_HELD + slot;
  }

  private event(index: unknown, does: string): number {
    const { length } = this.verdicts;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= length) {
      throw new PluginError(`${does} event ${String(index)} of a batch of ${length}`);
    }
    return index;
  }

  private slot(number: unknown): number {
    const isSlot = typeof number === "number" && Number.isInteger(number) && number >= 0;
    if (isSlot && number < HOLD_SLOTS) return number;
    throw new PluginError(
      `has a held event of number ${String(number)}, they go up to ${HOLD_SLOTS - 1}`,
    );
  }

  private checkHeld(slot: number, does: string): void {
    if (!(this.changed.get(slot) ?? this.held.has(slot))) {
      throw new PluginError(`${does} held event ${slot}, which it does not hold`);
    }
  }

  private list(name: string, most: number): unknown[] {
    const list = this.answer[name] ?? [];
    if (!Array.isArray(list)) throw new PluginError(`gave output whose "${name}" is no list`);
    if (list.length > most)
      throw new PluginError(`gave more than ${most} of "${name}" in one call`);
    return list;
  }

  private objects(name: string, most: number): Json[] {
    return this.list(name, most).map((each) => objectOf(each, name));
  }
}

function mapOf(value: unknown): Map<string, string> {
  const entries = Object.entries(objectOf(value ?? {}, "annotations"));
  if (entries.length > PLUGIN_LIMITS.annotationsPerEvent) {
    throw new PluginError(
      `made more than ${PLUGIN_LIMITS.annotationsPerEvent} annotations on one event`,
    );
  }
  return new Map(entries.map(([key, text]) => [keyOf(key), annotationValue(text)]));
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new PluginError(`gave ${what} that is no JSON object`);
}

function keyOf(key: unknown): string {
  const text = textOf(key, PLUGIN_LIMITS.annotationKeyBytes, "key");
  if (keyPattern.test(text)) return text;
  throw new PluginError(
    `used the key ${JSON.stringify(text)}: letters, digits, ".", "_" and "-" are allowed`,
  );
}

function annotationValue(value: unknown): string {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return textOf(text, PLUGIN_LIMITS.annotationValueBytes, "value");
}

function textOf(value: unknown, limit: number, what: string): string {
  if (typeof value !== "string") throw new PluginError(`gave a ${what} that is no text`);
  const bytes = Buffer.byteLength(value);
  if (bytes > limit)
    throw new PluginError(`gave a ${what} of ${bytes} bytes, ${limit} are allowed`);
  return value;
}
