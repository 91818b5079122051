import { annotate, Event, Field, fill, Settings, Text, Verdict } from "guidestar";

const REDACTED = "[redacted]";
const SPACE: u8 = 0x20;
/** In place of a word of which nothing stays: no argument holds this character. */
const GONE = "\u0000";

let names: string[] = [];
let prefixes: string[] = [];
/** The quote that a value began with, if the word did not end it. */
let openQuote = "";

export function onSettings(settings: Settings): void {
  names = settings.texts("names");
  prefixes = settings.texts("prefixes");
}

export function onEvent(event: Event): Verdict {
  const given = event.process.arguments;
  if (!mayHoldSecret(given)) return Verdict.Keep;
  const words = given.toString().split(" ");
  let count = 0;
  openQuote = "";
  // What the word before said of this one.
  let isValue = false;
  for (let n = 0; n < words.length; ++n) {
    const word = words[n];
    if (openQuote != "") {
      // A value with blanks: all of it goes.
      const end = word.indexOf(openQuote);
      words[n] = GONE + (end < 0 ? "" : word.substring(end));
      if (end >= 0) openQuote = "";
      continue;
    }
    if (isValue && !word.startsWith("-")) {
      words[n] = closing(word);
      count++;
      isValue = false;
      continue;
    }
    isValue = false;
    const equals = word.indexOf("=");
    const colon = word.indexOf(": ");
    const cut = equals >= 0 ? equals : colon;
    const name = cut >= 0 ? word.substring(0, cut) : word;
    if (isSecretName(name)) {
      if (cut >= 0 && cut < word.length - 1) {
        words[n] = word.substring(0, cut + 1) + closing(word.substring(cut + 1));
        count++;
      } else if (word.startsWith("-") || word.endsWith(":") || isBearer(words, n)) {
        isValue = true;
      }
      continue;
    }
    const without = withoutPrefixed(withoutUserinfo(word));
    if (without != word) {
      words[n] = without;
      count++;
    } else if (isBearer(words, n)) isValue = true;
  }
  if (count == 0) return Verdict.Keep;
  fill(Field.Arguments, words.join(" ").replaceAll(` ${GONE}`, ""));
  annotate("count", count);
  return Verdict.Keep;
}

/** Most arguments hold none, and are not copied. */
function mayHoldSecret(given: Text): bool {
  if (given.length < 4) return false;
  for (let n = 0; n < names.length; ++n) if (containsName(given, names[n])) return true;
  for (let n = 0; n < prefixes.length; ++n) if (given.contains(prefixes[n])) return true;
  return given.contains("://") || given.contains("earer ");
}

/** Whatever the case of its letters. */
function containsName(given: Text, name: string): bool {
  const first = <u8>name.charCodeAt(0);
  const last = given.length - name.length;
  for (let at = 0; at <= last; ++at) {
    if (lower(given.byteAt(at)) != first) continue;
    let n = 1;
    while (n < name.length && lower(given.byteAt(at + n)) == <u8>name.charCodeAt(n)) ++n;
    if (n == name.length) return true;
  }
  return false;
}

function lower(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte | SPACE : byte;
}

function isSecretName(word: string): bool {
  if (word.length > 64) return false;
  const name = word.toLowerCase();
  for (let n = 0; n < names.length; ++n) if (name.includes(names[n])) return true;
  return false;
}

function isBearer(words: string[], n: i32): bool {
  const word = words[n];
  return (word.endsWith("earer") || word.endsWith("asic")) && n + 1 < words.length;
}

/** `https://user:secret@host` loses what stands between the colon and the `@`. */
function withoutUserinfo(word: string): string {
  const scheme = word.indexOf("://");
  if (scheme < 0) return word;
  const at = word.indexOf("@", scheme);
  const colon = word.indexOf(":", scheme + 3);
  if (at < 0 || colon < 0 || colon > at) return word;
  return word.substring(0, colon + 1) + REDACTED + word.substring(at);
}

function withoutPrefixed(word: string): string {
  for (let n = 0; n < prefixes.length; ++n) {
    const at = word.indexOf(prefixes[n]);
    if (at < 0) continue;
    return word.substring(0, at) + prefixes[n] + closing(word.substring(at + prefixes[n].length));
  }
  return word;
}

/** The quotes around a value stay. */
function closing(value: string): string {
  const open = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : "";
  const isWhole = open != "" && value.length > 1 && value.endsWith(open);
  if (open != "" && !isWhole) openQuote = open;
  const quote = isWhole ? open : value.endsWith('"') ? '"' : value.endsWith("'") ? "'" : "";
  return open + REDACTED + quote;
}
