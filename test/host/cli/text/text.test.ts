import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isColored, paintFor } from "../../../../host/cli/text/paint.js";
import { printable, printableWord, quoted } from "../../../../host/cli/text/printable.js";
import { aligned, tabSeparated } from "../../../../host/cli/text/table.js";
import { bytesText, counted, grouped, spanText } from "../../../../host/cli/text/units.js";
import { displayWidth } from "../../../../host/cli/text/width.js";
import { didYouMean, nearest } from "../../../../host/suggest.js";

describe("who gets colours", () => {
  const terminal = { isTTY: true };
  const pipe = { isTTY: undefined };

  test("always and never are obeyed whatever the environment says", () => {
    assert.equal(isColored("always", pipe, { NO_COLOR: "1" }), true);
    assert.equal(isColored("never", terminal, { FORCE_COLOR: "1" }), false);
  });

  test("auto: a terminal yes, a pipe no, a dumb terminal no", () => {
    assert.equal(isColored("auto", terminal, { TERM: "xterm" }), true);
    assert.equal(isColored("auto", pipe, { TERM: "xterm" }), false);
    assert.equal(isColored("auto", terminal, { TERM: "dumb" }), false);
  });

  test("auto: FORCE_COLOR before NO_COLOR before the terminal; empty ones don't count", () => {
    assert.equal(isColored("auto", terminal, { NO_COLOR: "1" }), false);
    assert.equal(isColored("auto", terminal, { NO_COLOR: "" }), true);
    assert.equal(isColored("auto", pipe, { FORCE_COLOR: "1", NO_COLOR: "1" }), true);
    assert.equal(isColored("auto", terminal, { FORCE_COLOR: "0" }), false);
    assert.equal(isColored("auto", terminal, { FORCE_COLOR: "", NO_COLOR: "1" }), false);
  });

  test("colours are there even if this process has no terminal, and never around nothing", () => {
    assert.equal(paintFor(true).red("x"), "\x1b[31mx\x1b[39m");
    assert.equal(paintFor(true).red(""), "");
    assert.equal(paintFor(false).red("x"), "x");
  });
});

describe("text from events", () => {
  test("letters of any script, symbols and emoji are shown as they are", () => {
    for (const text of ["/usr/bin/ls -l", "größe 日本語 🚀", 'a "b" \\', ""]) {
      assert.equal(printable(text), text);
    }
  });

  test("one character that cannot be printed puts the whole text in quotes", () => {
    assert.equal(printable('a "b"\n'), '"a \\"b\\"\\n"');
    assert.equal(printable("\x1b]0;x\x07"), '"\\x1b]0;x\\a"');
    assert.equal(printable("nbsp\u00a0"), '"nbsp\\u00a0"');
    assert.equal(printable("\u{e0041}"), '"\\U000e0041"');
    assert.equal(printable("\ud800"), '"\\ud800"');
  });

  test("words are quoted also where they would not be read as one word", () => {
    assert.equal(printableWord("a-b/c:1"), "a-b/c:1");
    for (const text of ["", "a b", "a=b", "a,b", "{a}", "'a'"]) {
      assert.equal(printableWord(text), quoted(text));
    }
  });
});

test("emoji and East Asian characters take two columns, colours and combining marks none", () => {
  for (const [text, columns] of [
    ["abc", 3],
    ["🚀 x", 4],
    ["⁉️", 2],
    ["日本", 4],
    ["e\u0301", 1],
    ["\x1b[31mx\x1b[39m", 1],
    ["", 0],
  ] as const) {
    assert.equal(displayWidth(text), columns, text);
  }
});

test("suggestions find slips, swapped letters and shortened words, and nothing far-fetched", () => {
  const known = ["PROCESS_EXEC", "PROCESS_EXIT", "PROCESS_KPROBE", "TEST"];
  assert.equal(nearest("PROCESS_EXCE", known), "PROCESS_EXEC");
  assert.equal(nearest("exec", known), "PROCESS_EXEC");
  assert.equal(nearest("process-exit", known), "PROCESS_EXIT");
  assert.equal(nearest("banana", known), undefined);
  assert.equal(nearest("x", []), undefined);
  assert.equal(didYouMean("tset", known), " Did you mean TEST?");
  assert.equal(didYouMean("banana", known), "");
});

test("tables align words to the left and numbers to the right, and quote what could break them", () => {
  const columns = [
    { title: "NAME", cell: ({ name }: { name: string }) => name },
    { title: "N", isNumber: true, cell: ({ n }: { n: number }) => String(n) },
  ];
  const rows = [
    { name: "日本", n: 5 },
    { name: "a\tb\n", n: 1234 },
  ];
  assert.equal(
    aligned(columns, rows, paintFor(false)),
    'NAME         N\n日本         5\n"a\\tb\\n"  1234',
  );
  assert.equal(tabSeparated(columns, rows), '日本\t5\n"a\\tb\\n"\t1234');
});

test("numbers read as people write them", () => {
  assert.deepEqual([0, 999, 1000, 1234567, -1000].map(grouped), [
    "0",
    "999",
    "1,000",
    "1,234,567",
    "-1,000",
  ]);
  assert.equal(counted(1, "event"), "1 event");
  assert.equal(counted(2000, "process", "processes"), "2,000 processes");
  assert.deepEqual([0, 999, 1000, 4700, 999_940, 999_960, 2.5e9].map(bytesText), [
    "0 B",
    "999 B",
    "1.0 kB",
    "4.7 kB",
    "999.9 kB",
    "1.0 MB",
    "2.5 GB",
  ]);
  const spans = [400, 9_940, 12_400, 59_600, 200_000, 18_720_000, 273_600_000];
  assert.deepEqual(spans.map(spanText), [
    "0.4 s",
    "9.9 s",
    "12 s",
    "1 min 0 s",
    "3 min 20 s",
    "5 h 12 min",
    "3 d 4 h",
  ]);
});
