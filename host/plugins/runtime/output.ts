import {
  OUTPUT_EVENT,
  OUTPUT_KIND,
  OUTPUT_KIND_ANNOTATION,
  OUTPUT_RECORD_BYTES,
  OUTPUT_SIZE,
  VERDICT_DROP,
  VERDICT_KEEP,
  VERDICT_MISSING,
} from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { EffectReader } from "./effectReader.js";
import { OutputTexts } from "./outputTexts.js";
import type { BatchParts } from "./packer.js";
import { PluginError } from "./pluginError.js";
import type { Annotation, Effect, HeldNumbers, Judgement } from "./records.js";

const noAnnotations: readonly Annotation[] = [];
const noEffects: readonly Effect[] = [];

/** Reads what one plugin writes. It knows the words that the plugin used before. */
export class OutputReader {
  private readonly texts = new OutputTexts();
  private readonly effectReader = new EffectReader(this.texts);

  /** `memory`: all of the plugin's; `address`: of the batch; `used`: bytes it says it wrote. */
  read(
    memory: Buffer,
    address: number,
    parts: BatchParts,
    used: number,
    held: HeldNumbers,
  ): Judgement {
    const from = address + parts.verdicts;
    const verdicts = memory.subarray(from, from + parts.count);
    const dropped = countDropped(verdicts);
    if (used > parts.outputBytes) {
      fail(`says it wrote ${used} bytes of output, where ${parts.outputBytes} have room`);
    }
    if (used === 0) return { verdicts, dropped, annotations: noAnnotations, effects: noEffects };
    const start = address + parts.output;
    const said = this.readRecords(memory, start, parts.count, used, held);
    return { verdicts, dropped, ...said };
  }

  private readRecords(
    memory: Buffer,
    start: number,
    events: number,
    used: number,
    held: HeldNumbers,
  ) {
    const annotations: Annotation[] = [];
    const perEvent = new Uint8Array(events);
    const effects = this.effectReader;
    effects.begin(memory, events, held);
    let at = 0;
    while (at < used) {
      if (used - at < OUTPUT_RECORD_BYTES) fail(`cut off the output record at byte ${at}`);
      const record = start + at;
      const size = memory.readUInt32LE(record + OUTPUT_SIZE);
      const kind = memory.readUInt32LE(record + OUTPUT_KIND);
      const event = memory.readUInt32LE(record + OUTPUT_EVENT);
      if (size < OUTPUT_RECORD_BYTES || size % 8 !== 0 || size > used - at) {
        fail(`wrote an output record of ${size} bytes at byte ${at}`);
      }
      at += size;
      if (kind !== OUTPUT_KIND_ANNOTATION) {
        effects.read(kind, record, size, event);
      } else if (event >= events) {
        effects.annotate(record, size, event);
      } else {
        perEvent[event] = (perEvent[event] as number) + 1;
        if ((perEvent[event] as number) > PLUGIN_LIMITS.annotationsPerEvent) {
          fail(`made more than ${PLUGIN_LIMITS.annotationsPerEvent} annotations on one event`);
        }
        const { texts } = this;
        texts.readAnnotation(memory, record, size);
        annotations.push({ event, key: texts.key, value: texts.value });
      }
    }
    return { annotations, effects: effects.end() };
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

function fail(reason: string): never {
  throw new PluginError(reason);
}
