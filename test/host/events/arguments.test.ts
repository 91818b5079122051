import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { argumentsOf, quoteArguments, splitArguments } from "../../../host/events/arguments.js";

const area = (...argv: string[]) => Buffer.from(argv.map((argument) => `${argument}\0`).join(""));

test("plain arguments are joined by a space", () => {
  assert.equal(argumentsOf(area("ls", "-l", "/tmp")), "-l /tmp");
});

test("a command without arguments has none", () => {
  assert.equal(argumentsOf(area("ls")), "");
  assert.equal(argumentsOf(Buffer.alloc(0)), "");
});

test("an argument with a space stands in quotes", () => {
  assert.equal(argumentsOf(area("sh", "-c", "echo hi")), '-c "echo hi"');
});

test("an empty argument is not lost, wherever it stands", () => {
  assert.equal(argumentsOf(area("x", "")), '""');
  assert.equal(argumentsOf(area("x", "", "a")), '"" a');
  assert.equal(argumentsOf(area("x", "a", "")), 'a ""');
  assert.equal(argumentsOf(area("x", "a", "", "", "b")), 'a "" "" b');
});

test("quotes and backslashes are escaped only inside quotes", () => {
  assert.equal(argumentsOf(area("x", '--a="b"', "c\\d")), '--a="b" c\\d');
  assert.equal(argumentsOf(area("x", '"a b" \\')), '"\\"a b\\" \\\\"');
});

test("what is quoted can be undone, for any arguments", () => {
  const argument = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.array(argument), (argv) => {
      assert.deepEqual(splitArguments(quoteArguments(argv)), argv);
    }),
  );
});

test("the quick way through an argument area gives what quoting each argument gives", () => {
  const argument = fc.stringMatching(/^[ab "\\]{0,4}$/);
  fc.assert(
    fc.property(fc.array(argument), (argv) => {
      assert.equal(argumentsOf(area("x", ...argv)), quoteArguments(argv));
    }),
  );
});
