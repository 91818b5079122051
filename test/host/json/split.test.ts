import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonSplitter, onOneLine } from "../../../host/json/split.js";

function split(...chunks: string[]) {
  const splitter = new JsonSplitter();
  const pieces = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return [...pieces, ...splitter.end()];
}

const texts = (...chunks: string[]) => split(...chunks).map(({ text }) => text);

test("objects may stand on a line each, follow one another, or span lines", () => {
  assert.deepEqual(texts('{"a":1}\n{"b":{"c":2}}{"d":3}\n\n  {\n  "e": [\n {}\n]\n}\n'), [
    '{"a":1}',
    '{"b":{"c":2}}',
    '{"d":3}',
    '{\n  "e": [\n {}\n]\n}',
  ]);
});

test("braces, quotes and backslashes in strings are no structure", () => {
  const object = '{"a":"}{\\"\\\\","b":"\\\\"}';
  assert.deepEqual(texts(object + object), [object, object]);
});

test("pieces know the line they begin on", () => {
  const pieces = split('{"a":1}\n\n{\n"b":2\n}\nrubbish\n{"c":3}');
  assert.deepEqual(
    pieces.map(({ line }) => line),
    [1, 3, 6, 7],
  );
});

test("a line that is no object is a piece of its own, and the next line is read again", () => {
  assert.deepEqual(texts('level=info msg="started {"\n{"a":1}\n[1]\n'), [
    'level=info msg="started {"',
    '{"a":1}',
    "[1]",
  ]);
});

test("an object that is cut off ends where the next one begins at the start of a line", () => {
  assert.deepEqual(texts('{"a":{"b":1\n{"c":2}\n{"d":"unclosed\n{"e":3}\n{"f":'), [
    '{"a":{"b":1',
    '{"c":2}',
    '{"d":"unclosed',
    '{"e":3}',
    '{"f":',
  ]);
});

test("it makes no difference where the stream is cut into chunks", () => {
  const line = fc.constantFrom(
    '{"a":"\\\\\\"}{"}',
    '{"a":{"b":[{}]}}{"c":1}',
    '{\n "a": 1\n}',
    '{"cut":"off',
    "rubbish",
    "",
  );
  const stream = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(60), { maxLength: 10 }), (text, cuts) => {
      const places = [0, ...cuts.filter((at) => at <= text.length).sort((a, b) => a - b)];
      const chunks = places.map((at, index) => text.slice(at, places[index + 1] ?? text.length));
      assert.deepEqual(split(...chunks), split(text));
    }),
    { numRuns: 1000 },
  );
});

test("an object that spans lines becomes one line with the same meaning", () => {
  const text = '{\n  "a b" : [ 1,\t2 ],\r\n "c": "x \\" \\\\" , "d":{ } }';
  assert.equal(onOneLine(text), '{"a b":[1,2],"c":"x \\" \\\\","d":{}}');
  assert.deepEqual(JSON.parse(onOneLine(text)), JSON.parse(text));
});
