import {
  ANNOTATION_KEY_LENGTH,
  ANNOTATION_TEXT,
  ANNOTATION_VALUE_LENGTH,
} from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { PluginError } from "./pluginError.js";
import { TextCache } from "./textCache.js";

const keyPattern = /^[A-Za-z0-9._-]+$/;
const MOST_KNOWN_KEYS = 1000;

/** Reads and checks the texts in a plugin's output. */
export class OutputTexts {
  private readonly texts = new TextCache();
  private readonly goodKeys = new Set<string>();
  /** What `readAnnotation` read; fields, so that an annotation makes no object of its own here. */
  key = "";
  value = "";

  /** Of the annotation whose record of `size` bytes is at `record`. */
  readAnnotation(memory: Buffer, record: number, size: number): void {
    const keyBytes = memory.readUInt32LE(record + ANNOTATION_KEY_LENGTH);
    const valueBytes = memory.readUInt32LE(record + ANNOTATION_VALUE_LENGTH);
    checkLength("an annotation with a key", keyBytes, PLUGIN_LIMITS.annotationKeyBytes);
    checkLength("an annotation with a value", valueBytes, PLUGIN_LIMITS.annotationValueBytes);
    if (ANNOTATION_TEXT + keyBytes + valueBytes > size) {
      throw new PluginError(`wrote an annotation longer than its record of ${size} bytes`);
    }
    const keyAt = record + ANNOTATION_TEXT;
    const valueAt = keyAt + keyBytes;
    const key = this.texts.read(memory, keyAt, valueAt, "an annotation with a key");
    if (!this.goodKeys.has(key)) this.checkKey(key, "an annotation with the key");
    this.key = key;
    this.value = this.texts.read(
      memory,
      valueAt,
      valueAt + valueBytes,
      "an annotation with a value",
    );
  }

  /** A text of at most `limit` bytes; `what` begins with an article. */
  text(memory: Buffer, at: number, bytes: number, limit: number, what: string): string {
    checkLength(what, bytes, limit);
    return this.texts.read(memory, at, at + bytes, what);
  }

  /** Throws unless it is a word such as keys of annotations and names of findings are. */
  checkKey(key: string, what: string): void {
    if (!keyPattern.test(key)) {
      throw new PluginError(
        `made ${what} ${JSON.stringify(key)}: letters, digits, ".", "_" and "-" are allowed`,
      );
    }
    if (this.goodKeys.size < MOST_KNOWN_KEYS) this.goodKeys.add(key);
  }
}

function checkLength(what: string, bytes: number, limit: number): void {
  if (bytes > limit) {
    throw new PluginError(`made ${what} of ${bytes} bytes, ${limit} are allowed`);
  }
}
