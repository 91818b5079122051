import { PluginError } from "./pluginError.js";

/** Longer texts are rarely the same twice. */
const LONGEST = 32;
const ENTRIES = 2048;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads texts out of a plugin's memory. Plugins say the same few words again and again: short ASCII is
 * looked up by its bytes, and made a string only when it is new. Of fixed size: a new word takes the
 * place of another with the same hash.
 */
export class TextCache {
  private readonly texts: (string | undefined)[] = new Array(ENTRIES).fill(undefined);

  /** `what` names the text, article first, in the error if it is not valid UTF-8. */
  read(memory: Buffer, start: number, end: number, what: string): string {
    if (end - start > LONGEST) return decode(memory, start, end, what);
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) {
      const byte = memory[at] as number;
      if (byte >= 0x80) return decode(memory, start, end, what);
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    const slot = (hash ^ (hash >>> 16)) & (ENTRIES - 1);
    const known = this.texts[slot];
    if (known !== undefined && isSame(known, memory, start, end)) return known;
    const text = memory.toString("latin1", start, end);
    this.texts[slot] = text;
    return text;
  }
}

function isSame(text: string, memory: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let n = 0; n < text.length; n++) {
    if (text.charCodeAt(n) !== memory[start + n]) return false;
  }
  return true;
}

function decode(memory: Buffer, start: number, end: number, what: string): string {
  try {
    return utf8.decode(memory.subarray(start, end));
  } catch {
    throw new PluginError(`made ${what} that is not valid UTF-8`);
  }
}
