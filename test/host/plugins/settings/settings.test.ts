import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSettings } from "../../../../host/plugins/settings/check.js";
import { checkSchema } from "../../../../host/plugins/settings/schema.js";

const schema = {
  type: "object",
  properties: {
    level: { type: "string", enum: ["low", "high"], default: "low" },
    limit: { type: "integer", minimum: 1, maximum: 10 },
    ratio: { type: "number" },
    on: { type: "boolean", default: true },
    rules: {
      type: "array",
      maxItems: 2,
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string", minLength: 1, maxLength: 5 } },
      },
    },
  },
  required: ["limit"],
};

const check = (json: string) =>
  checkSettings(JSON.stringify(checkSchema(schema, "s")), json, "quiet");

test("settings that fit come back with their defaults", () => {
  assert.deepEqual(JSON.parse(check('{"limit": 3, "rules": [{"name": "a"}]}')), {
    level: "low",
    limit: 3,
    on: true,
    rules: [{ name: "a" }],
  });
  assert.equal(checkSettings("", "", "quiet"), "{}");
});

test("what does not fit is refused, naming the setting and what it may be", () => {
  const wrong: [string, string][] = [
    ["{", "the settings of quiet are not valid JSON: "],
    ["[]", "the settings of quiet must be a JSON object"],
    ["{}", "settings.limit is missing"],
    ['{"limit": "3"}', 'settings.limit must be an integer, not "3"'],
    ['{"limit": 0}', "settings.limit must be at least 1, not 0"],
    ['{"limit": 11}', "settings.limit must be at most 10, not 11"],
    ['{"limit": 1.5}', "settings.limit must be an integer, not 1.5"],
    ['{"limit": 1, "on": 1}', "settings.on must be a boolean, not 1"],
    ['{"limit": 1, "level": "x"}', 'settings.level must be one of "low", "high", not "x"'],
    [
      '{"limit": 1, "leve": "x"}',
      "settings.leve is not known: known are level, limit, ratio, on, rules (did you mean",
    ],
    [
      '{"limit": 1, "rules": [{"name": "abcdef"}]}',
      "settings.rules[0].name must have at most 5 characters, not 6",
    ],
    ['{"limit": 1, "rules": [{}, {}, {}]}', "settings.rules must have at most 2 items, not 3"],
    ['{"limit": 1, "__proto__": {}}', "settings.__proto__ is not known"],
    [" ".repeat(300_000), "the settings of quiet are longer than 262144 characters"],
  ];
  for (const [json, message] of wrong) {
    assert.throws(
      () => check(json),
      (error: Error) => error.message.startsWith(message),
      json.slice(0, 60),
    );
  }
  assert.throws(() => checkSettings("", '{"a": 1}', "quiet"), /quiet has no settings/);
});

test("a schema that this host cannot check is refused, naming the word", () => {
  const deep = (depth: number): object =>
    depth === 0 ? { type: "string" } : { type: "array", items: deep(depth - 1) };
  const wrong: [unknown, RegExp][] = [
    [[], /^s must be a JSON object/],
    [{}, /^s must have a type, one of object, array/],
    [{ type: "strin" }, /^s must have a type, .*did you mean "string"/],
    [{ type: "string" }, /^s: its type must be "object"/],
    [{ type: "object", pattern: "x" }, /^s has "pattern", which a object cannot have/],
    [
      { type: "object", properties: { a: { type: "string", pattern: "(a+)+" } } },
      /^s.properties.a has "pattern"/,
    ],
    [{ type: "object", required: ["a"] }, /^s.required must be a list of names/],
    [
      { type: "object", properties: { a: { type: "array" } } },
      /^s.properties.a must say what its items are/,
    ],
    [
      { type: "object", properties: { a: { type: "string", maxLength: "5" } } },
      /maxLength must be a number/,
    ],
    [{ type: "object", properties: { a: deep(20) } }, /is nested deeper than 8/],
    [{ type: "object", additionalProperties: true }, /additionalProperties can only be false/],
  ];
  for (const [value, message] of wrong) {
    assert.throws(() => checkSchema(value, "s"), { code: "INVALID_ARGUMENT", message });
  }
});
