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
import { TextCache } from "./textCache.js";

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

const keyPattern = /^[A-Za-z0-9._-]+$/;
const MOST_KNOWN_KEYS = 1000;
const none: readonly Annotation[] = [];

/** Reads what one plugin writes. It knows the words that the plugin used before. */
export class OutputReader {
  private readonly texts = new TextCache();
  private readonly goodKeys = new Set<string>();

  /** `memory`: all of the plugin's; `address`: of the batch; `used`: bytes it says it wrote. */
  read(memory: Buffer, address: number, parts: BatchParts, used: number): Judgement {
    const from = address + parts.verdicts;
    const verdicts = memory.subarray(from, from + parts.count);
    const dropped = countDropped(verdicts);
    if (used > parts.outputBytes) {
      fail(`says it wrote ${used} bytes of output, where ${parts.outputBytes} have room`);
    }
    if (used === 0) return { verdicts, dropped, annotations: none };
    const start = address + parts.output;
    return { verdicts, dropped, annotations: this.readRecords(memory, start, parts.count, used) };
  }

  private readRecords(memory: Buffer, start: number, events: number, used: number): Annotation[] {
    const annotations: Annotation[] = [];
    const perEvent = new Uint8Array(events);
    let at = 0;
    while (at < used) {
      if (used - at < ANNOTATION_TEXT) fail(`cut off the output record at byte ${at}`);
      const record = start + at;
      const size = memory.readUInt32LE(record + OUTPUT_SIZE);
      const kind = memory.readUInt32LE(record + OUTPUT_KIND);
      const event = memory.readUInt32LE(record + OUTPUT_EVENT);
      if (size < ANNOTATION_TEXT || size % 8 !== 0 || size > used - at) {
        fail(`wrote an output record of ${size} bytes at byte ${at}`);
      }
      if (kind !== OUTPUT_KIND_ANNOTATION) {
        fail(`wrote an output record of the unknown kind ${kind}`);
      }
      if (event >= events) fail(`annotated event ${event} of a batch of ${events}`);
      perEvent[event] = (perEvent[event] as number) + 1;
      if ((perEvent[event] as number) > PLUGIN_LIMITS.annotationsPerEvent) {
        fail(`made more than ${PLUGIN_LIMITS.annotationsPerEvent} annotations on one event`);
      }
      annotations.push(this.readAnnotation(memory, record, size, event));
      at += size;
    }
    return annotations;
  }

  private readAnnotation(memory: Buffer, record: number, size: number, event: number): Annotation {
    const keyBytes = memory.readUInt32LE(record + ANNOTATION_KEY_LENGTH);
    const valueBytes = memory.readUInt32LE(record + ANNOTATION_VALUE_LENGTH);
    checkLength("key", keyBytes, PLUGIN_LIMITS.annotationKeyBytes);
    checkLength("value", valueBytes, PLUGIN_LIMITS.annotationValueBytes);
    if (ANNOTATION_TEXT + keyBytes + valueBytes > size) {
      fail(`wrote an annotation longer than its record of ${size} bytes`);
    }
    const keyAt = record + ANNOTATION_TEXT;
    const valueAt = keyAt + keyBytes;
    const key = this.texts.read(memory, keyAt, valueAt, "key");
    if (!this.goodKeys.has(key)) this.checkKey(key);
    return { event, key, value: this.texts.read(memory, valueAt, valueAt + valueBytes, "value") };
  }

  private checkKey(key: string): void {
    if (!keyPattern.test(key)) {
      fail(
        `made an annotation with the key ${JSON.stringify(key)}: letters, digits, ".", "_" and "-" are allowed`,
      );
    }
    if (this.goodKeys.size < MOST_KNOWN_KEYS) this.goodKeys.add(key);
  }
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

function checkLength(what: string, bytes: number, limit: number): void {
  if (bytes > limit) {
    fail(`made an annotation with a ${what} of ${bytes} bytes, ${limit} are allowed`);
  }
}

function fail(reason: string): never {
  throw new PluginError(reason);
}
