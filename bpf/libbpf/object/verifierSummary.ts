/**
 * The lines of a verifier log that say what is wrong, as one sentence: the reason, which stands
 * last, and the instruction and source line before it.
 */
export function summarize(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !noise.test(line));
  const end = lines.length;
  let start = end;
  while (start > 0 && end - start < REASON_LINES && !trace.test(lines[start - 1] ?? "")) start--;
  const reason = (start < end ? lines.slice(start) : lines.slice(-1)).join("; ");
  const before = lines.slice(0, start);
  const source = before.findLast((line) => line.startsWith("; "))?.slice(2);
  const code = before.findLast((line) => instruction.test(line))?.replace(/\s+;.*$/, "");
  const place = [source && `source: ${source.trim()}`, code && `instruction ${code}`];
  const where = place.filter(Boolean).join("; ");
  return where ? `${reason} [${where}]` : reason;
}

const REASON_LINES = 3;
const instruction = /^\d+: \([0-9a-f]{2}\)/;
/** Lines that tell what the verifier walks through, not what is wrong. */
const trace = /^(\d+: |; |from \d+ to \d+|caller|callee|frame\d|returning from callee|R\d+=)/;
const noise =
  /^(processed \d+ insns|-- (BEGIN|END) PROG LOAD LOG|verification time|stack depth|mark_precise|max_states|\d+: R\d+(_\w+)?=|\s*R\d+(_\w+)?=)/;
