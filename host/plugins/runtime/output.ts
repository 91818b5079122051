import {
  ANNOTATION_KEY_LENGTH,
  ANNOTATION_TEXT,
  ANNOTATION_VALUE_LENGTH,
  OUTPUT_EVENT,
  OUTPUT_KIND,
  OUTPUT_KIND_ANNOTATION,
  OUTPUT_SIZE,
  VERDICT_DROP,
  VERDICT_KEEP,
  VERDICT_MISSING,
} from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import type { BatchParts } from "./packer.js";
import { PluginError } from "./pluginError.js";

export interface Annotation {
  /** Which of the events that the plugin saw. */
  readonly event: number;
  readonly key: string;
  readonly value: string;
}

/** What a plugin said of a batch. All of it was checked. */
export interface Judgement {
  /** A verdict for each event; good until the plugin's next call. */
  readonly verdicts: Uint8Array;
  readonly dropped: number;
  readonly annotations: readonly Annotation[];
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const keyPattern = /^[A-Za-z0-9._-]+$/;
const none: readonly Annotation[] = [];

/** Reads what a plugin wrote. `view`: the batch in its memory; `used`: what it says it wrote. */
export function readOutput(view: DataView, parts: BatchParts, used: number): Judgement {
  const verdicts = new Uint8Array(view.buffer, view.byteOffset + parts.verdicts, parts.count);
  const dropped = countDropped(verdicts);
  if (used > parts.outputBytes) {
    fail(`says it wrote ${used} bytes of output, where ${parts.outputBytes} have room`);
  }
  return { verdicts, dropped, annotations: used === 0 ? none : readRecords(view, parts, used) };
}

function countDropped(verdicts: Uint8Array): number {
  let dropped = 0;
  for (let n = 0; n < verdicts.length; n++) {
    const verdict = verdicts[n] as number;
    if (verdict === VERDICT_DROP) dropped++;
    else if (verdict === VERDICT_MISSING) fail(`gave no verdict on event ${n} of its batch`);
    else if (verdict !== VERDICT_KEEP) {
      fail(`gave the unknown verdict ${verdict} on event ${n} of its batch`);
    }
  }
  return dropped;
}

function readRecords(view: DataView, parts: BatchParts, used: number): Annotation[] {
  const annotations: Annotation[] = [];
  const perEvent = new Uint8Array(parts.count);
  let at = 0;
  while (at < used) {
    if (used - at < ANNOTATION_TEXT) fail(`cut off the output record at byte ${at}`);
    const record = parts.output + at;
    const size = view.getUint32(record + OUTPUT_SIZE, true);
    const kind = view.getUint32(record + OUTPUT_KIND, true);
    const event = view.getUint32(record + OUTPUT_EVENT, true);
    if (size < ANNOTATION_TEXT || size % 8 !== 0 || size > used - at) {
      fail(`wrote an output record of ${size} bytes at byte ${at}`);
    }
    if (kind !== OUTPUT_KIND_ANNOTATION) fail(`wrote an output record of the unknown kind ${kind}`);
    if (event >= parts.count) {
      fail(`annotated event ${event} of a batch of ${parts.count}`);
    }
    perEvent[event] = (perEvent[event] as number) + 1;
    if ((perEvent[event] as number) > PLUGIN_LIMITS.annotationsPerEvent) {
      fail(`made more than ${PLUGIN_LIMITS.annotationsPerEvent} annotations on one event`);
    }
    annotations.push(readAnnotation(view, record, size, event));
    at += size;
  }
  return annotations;
}

function readAnnotation(view: DataView, record: number, size: number, event: number): Annotation {
  const keyBytes = view.getUint32(record + ANNOTATION_KEY_LENGTH, true);
  const valueBytes = view.getUint32(record + ANNOTATION_VALUE_LENGTH, true);
  if (keyBytes > PLUGIN_LIMITS.annotationKeyBytes) {
    fail(
      `made an annotation with a key of ${keyBytes} bytes, ${PLUGIN_LIMITS.annotationKeyBytes} are allowed`,
    );
  }
  if (valueBytes > PLUGIN_LIMITS.annotationValueBytes) {
    fail(
      `made an annotation with a value of ${valueBytes} bytes, ${PLUGIN_LIMITS.annotationValueBytes} are allowed`,
    );
  }
  if (ANNOTATION_TEXT + keyBytes + valueBytes > size) {
    fail(`wrote an annotation longer than its record of ${size} bytes`);
  }
  const key = readText(view, record + ANNOTATION_TEXT, keyBytes, "key");
  if (!keyPattern.test(key)) {
    fail(
      `made an annotation with the key ${JSON.stringify(key)}: letters, digits, ".", "_" and "-" are allowed`,
    );
  }
  return {
    event,
    key,
    value: readText(view, record + ANNOTATION_TEXT + keyBytes, valueBytes, "value"),
  };
}

function readText(view: DataView, at: number, bytes: number, what: string): string {
  try {
    return utf8.decode(new Uint8Array(view.buffer, view.byteOffset + at, bytes));
  } catch {
    return fail(`made an annotation with a ${what} that is not valid UTF-8`);
  }
}

function fail(reason: string): never {
  throw new PluginError(reason);
}
