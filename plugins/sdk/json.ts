/** Reads the JSON of settings. The host made it, so it is valid; what is not known is passed over. */

/** Position of the member `name` of the object at `at`; -1 if it has none. */
export function memberOf(json: string, at: i32, name: string): i32 {
  let position = at + 1;
  while (json.charCodeAt(position) != CLOSE_BRACE && position < json.length) {
    if (json.charCodeAt(position) == COMMA) ++position;
    const end = endOf(json, position);
    // Names of settings have no escapes.
    const isIt = json.substring(position + 1, end - 1) == name;
    position = end + 1;
    if (isIt) return position;
    position = endOf(json, position);
  }
  return -1;
}

/** Position behind the value at `at`. */
export function endOf(json: string, at: i32): i32 {
  const first = json.charCodeAt(at);
  let position = at + 1;
  if (first == QUOTE) {
    while (json.charCodeAt(position) != QUOTE)
      position += json.charCodeAt(position) == BACKSLASH ? 2 : 1;
    return position + 1;
  }
  if (first == OPEN_BRACE || first == OPEN_BRACKET) {
    let depth = 1;
    while (depth > 0) {
      const unit = json.charCodeAt(position);
      if (unit == QUOTE) {
        position = endOf(json, position);
        continue;
      }
      if (unit == OPEN_BRACE || unit == OPEN_BRACKET) ++depth;
      if (unit == CLOSE_BRACE || unit == CLOSE_BRACKET) --depth;
      ++position;
    }
    return position;
  }
  while (position < json.length && !isEnd(json.charCodeAt(position))) ++position;
  return position;
}

/** Positions of the entries of the array at `at`. */
export function entriesOf(json: string, at: i32): i32[] {
  const entries: i32[] = [];
  let position = at + 1;
  while (json.charCodeAt(position) != CLOSE_BRACKET) {
    if (json.charCodeAt(position) == COMMA) ++position;
    entries.push(position);
    position = endOf(json, position);
  }
  return entries;
}

/** The text at `at`, escapes resolved. */
export function textAt(json: string, at: i32): string {
  const end = endOf(json, at) - 1;
  let text = "";
  let from = at + 1;
  for (let position = from; position < end; ++position) {
    if (json.charCodeAt(position) != BACKSLASH) continue;
    text += json.substring(from, position);
    const escaped = json.charCodeAt(++position);
    if (escaped == 0x75) {
      text += String.fromCharCode(<i32>parseInt(json.substring(position + 1, position + 5), 16));
      position += 4;
    } else {
      text += String.fromCharCode(unescaped(escaped));
    }
    from = position + 1;
  }
  return text + json.substring(from, end);
}

function unescaped(unit: i32): i32 {
  if (unit == 0x6e) return 0x0a; // n
  if (unit == 0x74) return 0x09; // t
  if (unit == 0x72) return 0x0d; // r
  if (unit == 0x62) return 0x08; // b
  if (unit == 0x66) return 0x0c; // f
  return unit;
}

function isEnd(unit: i32): bool {
  return unit == COMMA || unit == CLOSE_BRACE || unit == CLOSE_BRACKET;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
