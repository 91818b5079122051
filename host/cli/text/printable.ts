/**
 * Makes text from events safe to show on a terminal: nothing that a traced process chose (a binary
 * name, an argument, a path) may move the cursor, change colours, hide or reorder what is printed.
 */

/** Everything but letters, marks, numbers, punctuation, symbols and the plain space. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const needsEscape = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu;

const shortEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** The text as it is if every character can be printed, else in double quotes with escapes. */
export function printable(text: string): string {
  return unprintable.test(text) ? quoted(text) : text;
}

/** Like `printable`, and also quotes what would not be read back as one word: `a b`, `x=y`, ``. */
export function printableWord(text: string): string {
  return text === "" || /[\s"'=,{}\\]/.test(text) ? quoted(text) : printable(text);
}

/** In double quotes; characters that cannot be printed become `\n`, `\x1b`, `\u202e` or `\U0001f600`. */
export function quoted(text: string): string {
  return `"${text.replace(needsEscape, escapeOne)}"`;
}

function escapeOne(char: string): string {
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
