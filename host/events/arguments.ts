/**
 * How an argument area becomes `Process.arguments`.
 *
 * Arguments after argv[0] are joined by one space. An argument is written as it is unless it is
 * empty, holds a space or starts with a double quote; then it stands in double quotes, in which a
 * backslash goes before each double quote and each backslash. So the text can be undone: a word
 * that starts with a double quote is quoted, any other word is literal.
 */
export function quoteArguments(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(" ");
}

/** The inverse of `quoteArguments`. */
export function splitArguments(text: string): string[] {
  const argv: string[] = [];
  const word = /"((?:[^"\\]|\\.)*)"|([^ ]+)/gsy;
  while (word.lastIndex < text.length) {
    const match = word.exec(text);
    if (!match) break;
    argv.push(match[1] === undefined ? (match[2] as string) : match[1].replace(/\\(.)/gs, "$1"));
    word.lastIndex++;
  }
  return argv;
}

/**
 * The arguments in an argument area: the bytes the kernel holds between `arg_start` and `arg_end`,
 * a NUL behind each argument, argv[0] first.
 */
export function argumentsOf(area: Buffer): string {
  const first = area.indexOf(0);
  if (first === -1) return "";
  const end = area.length > 0 && area[area.length - 1] === 0 ? area.length - 1 : area.length;
  if (first >= end) return first < area.length - 1 ? '""' : "";
  const text = area.toString("utf8", first + 1, end);
  // Most commands need no quotes: one pass instead of a split.
  if (!needsQuotes.test(text)) return text.replaceAll("\0", " ");
  return quoteArguments(text.split("\0"));
}

/** A space anywhere; an empty argument or a leading double quote at any argument's start. */
const needsQuotes = / |(?:^|\0)(?:"|\0|$)/;

function quoteArgument(argument: string): string {
  if (argument !== "" && !argument.includes(" ") && !argument.startsWith('"')) return argument;
  return `"${argument.replace(/["\\]/g, "\\$&")}"`;
}
