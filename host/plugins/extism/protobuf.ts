/** Batches and answers in protobuf: `guidestar.PluginBatch` and `guidestar.PluginAnswer`. */
import type { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { messageType } from "../../json/schema.js";
import { PluginError } from "../runtime/pluginError.js";
import { type Json, severities } from "./answer.js";

// By descriptor: the generated codecs are more than the pipeline's thread needs in all else.

export function encodeBatch(batch: guidestar.PluginBatch.$Properties): Buffer<ArrayBuffer> {
  return Buffer.from(messageType("guidestar.PluginBatch").encode(batch).finish());
}

/** The answer with the members of the JSON form, which is checked in one place. @throws PluginError */
export function parseAnswer(output: Buffer): Json {
  const { drop, annotations, hold, release, emit, findings, fields } = decode(output);
  return {
    ...{ drop, annotations, hold, release },
    emit: emit.map(({ count, annotations: texts, keep, ...subject }) => {
      return { ...subjectOf(subject), count: toNumber(count), annotations: texts, release: !keep };
    }),
    findings: findings.map(({ name, severity, message, attributes, ...subject }) => {
      const word = severities[severity || medium] ?? String(severity);
      return { ...subjectOf(subject), name, severity: word, message, attributes };
    }),
    fields: fields.map(({ field, value, ...subject }) => {
      return { ...subjectOf(subject), field, value };
    }),
  };
}

const medium = severities.indexOf("medium");

interface Subject {
  readonly event?: number | null | undefined;
  readonly held?: number | null | undefined;
}

function subjectOf({ event, held }: Subject): Json {
  return held == null ? { event: event ?? 0 } : { held };
}

function decode(output: Buffer): guidestar.PluginAnswer {
  try {
    return messageType("guidestar.PluginAnswer").decode(
      output,
    ) as unknown as guidestar.PluginAnswer;
  } catch (error) {
    throw new PluginError(`gave output that is no PluginAnswer: ${(error as Error).message}`);
  }
}
