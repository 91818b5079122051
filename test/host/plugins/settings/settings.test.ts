import assert from "node:assert/strict";
import { test } from "node:test";
import { prepareModule } from "../../../../host/plugins/prepareModule.js";
import { checkSchema, type SettingsSchema } from "../../../../host/plugins/settings/schema.js";
import { settingsJson } from "../../../../host/plugins/settings/values.js";
import { Scene } from "../events.js";
import { chainOf, compilePlugin, configure } from "../testPlugin.js";

const schema = checkSchema(
  {
    type: "object",
    properties: {
      mode: { type: "string", enum: ["watch", "block"], default: "watch" },
      limit: { type: "integer", minimum: 1, maximum: 100, default: 10 },
      ratio: { type: "number", default: 0.5 },
      quiet: { type: "boolean", default: false },
      names: { type: "array", items: { type: "string", minLength: 1 }, default: [], maxItems: 3 },
      rules: {
        type: "array",
        default: [],
        items: {
          type: "object",
          properties: { path: { type: "string" }, drop: { type: "boolean", default: true } },
          required: ["path"],
        },
      },
      inner: { type: "object", properties: { depth: { type: "integer", default: 7 } } },
      note: { type: "string" },
    },
  },
  "settings",
);

test("what is not set has its default, in the order of the schema", () => {
  assert.equal(
    settingsJson(schema, '{"rules":[{"path":"/a"}],"limit":3}'),
    '{"mode":"watch","limit":3,"ratio":0.5,"quiet":false,"names":[],"rules":[{"path":"/a","drop":true}],"inner":{"depth":7}}',
  );
});

test("settings that do not fit are refused, and the error names them", () => {
  const wrong: [unknown, string][] = [
    ["{", "settings: not valid JSON: Expected property name or '}' in JSON at position 1"],
    [[], "settings must be an object, not []"],
    [{ limits: 1 }, 'settings has no "limits" (did you mean "limit"?)'],
    [{ limit: 0 }, "settings.limit is 0, it must be at least 1"],
    [{ limit: 101 }, "settings.limit is 101, it must be at most 100"],
    [{ limit: 1.5 }, "settings.limit must be a whole number, not 1.5"],
    [{ limit: "1" }, 'settings.limit must be a whole number, not "1"'],
    [{ ratio: null }, "settings.ratio must be a number, not null"],
    [{ quiet: 1 }, "settings.quiet must be true or false, not 1"],
    [
      { mode: "blocks" },
      'settings.mode must be one of watch, block, not "blocks" (did you mean "block"?)',
    ],
    [{ names: "a" }, 'settings.names must be a list, not "a"'],
    [{ names: ["a", ""] }, "settings.names[1] has 0 characters, it must be at least 1"],
    [{ names: ["a", "b", "c", "d"] }, "settings.names has 4 entries, it must be at most 3"],
    [{ rules: [{}] }, "settings.rules[0].path must be set"],
    [{ inner: { dept: 1 } }, 'settings.inner has no "dept" (did you mean "depth"?)'],
  ];
  for (const [values, message] of wrong) {
    assert.throws(() => settingsJson(schema, values), { code: "INVALID_ARGUMENT", message });
  }
});

test("a schema that is none is refused", () => {
  const object = (property: unknown) => ({ type: "object", properties: { a: property } });
  const wrong: [unknown, string][] = [
    [[], 's must be a JSON schema: an object with a "type"'],
    [{ type: "string" }, 's must be of the type "object"'],
    [{ type: "object" }, 's must have "properties"'],
    [
      object({ type: "text" }),
      'type in s.a must be one of boolean, integer, number, string, array, object, not "text"',
    ],
    [
      object({ type: "integer", minimun: 1 }),
      's.a has "minimun", which is not for integer (did you mean "minimum"?)',
    ],
    [object({ type: "integer", minimum: "1" }), "minimum in s.a must be a number"],
    [
      object({ type: "integer", minimum: 5, default: 1 }),
      "default in s.a is 1, it must be at least 5",
    ],
    [object({ type: "array" }), 's.a.items must be a JSON schema: an object with a "type"'],
    [object({ type: "string", enum: [] }), "enum in s.a must be a list of texts"],
    [
      { ...object({ type: "string" }), required: ["b"] },
      "required in s must be a list of its properties",
    ],
    [
      { ...object({ type: "string" }), additionalProperties: true },
      "additionalProperties in s can only be false",
    ],
  ];
  for (const [bad, message] of wrong) {
    assert.throws(() => checkSchema(bad, "s"), { code: "INVALID_ARGUMENT", message });
  }
});

const reader = `
  import { annotate, Event, Settings, Verdict } from "guidestar";
  let text = "";
  export function onSettings(settings: Settings): void {
    if (settings.text("mode") == "block" && settings.boolean("quiet")) {
      throw new Error("a plugin that blocks must not be quiet");
    }
    text = settings.text("mode") + " " + settings.integer("limit").toString()
      + " " + settings.number("ratio").toString() + " " + settings.boolean("quiet").toString()
      + " " + settings.texts("names").join("|") + " " + settings.group("inner").integer("depth").toString()
      + " " + settings.has("note").toString();
    const rules = settings.groups("rules");
    for (let n = 0; n < rules.length; n++) {
      text += " " + rules[n].text("path") + "=" + rules[n].boolean("drop").toString();
    }
  }
  export function onEvent(event: Event): Verdict {
    if (event.process.binary.equals("/crash")) throw new Error("as told");
    annotate("settings", text);
    return Verdict.Keep;
  }`;

test("a plugin gets its settings when it starts, when they change, and after a failure", async () => {
  const chain = await chainOf([await compilePlugin(reader, { settings: schema })]);
  const scene = new Scene();
  const shown = () =>
    chain.run([scene.exec(scene.process("/a"))])[0]?.annotations?.get("probe.settings");
  assert.equal(shown(), "watch 10 0.5 false  7 false");
  const values = {
    ...{ mode: "block", limit: 99, ratio: -1.25, names: ['a "b" \\ \n é 😀', "c,]}"] },
    ...{ rules: [{ path: "/x" }, { path: "{", drop: false }], inner: { depth: -1 }, note: "" },
  };
  await configure(chain, "probe", values);
  const expected = 'block 99 -1.25 false a "b" \\ \n é 😀|c,]} -1 true /x=true {=false';
  assert.equal(shown(), expected);
  chain.run([scene.exec(scene.process("/crash"))]);
  assert.equal(shown(), expected);
  // Neither what the schema nor what the plugin itself refuses changes anything.
  await assert.rejects(configure(chain, "probe", { limit: -1 }), { code: "INVALID_ARGUMENT" });
  await assert.rejects(configure(chain, "probe", { mode: "block", quiet: true }), {
    code: "INVALID_ARGUMENT",
    message: /^the plugin aborted: a plugin that blocks must not be quiet \(/,
  });
  assert.equal(shown(), expected);
  assert.equal(chain.list()[0]?.counts.failed, 1);
});

test("a manifest and a module that do not fit each other are refused", async () => {
  const bare =
    "import { Event, Verdict } from 'guidestar'; export function onEvent(e: Event): Verdict { return Verdict.Keep; }";
  const settings: SettingsSchema = { type: "object", properties: {} };
  await assert.rejects(compilePlugin(bare, { settings }), {
    message: 'the manifest has "settings", but the module has no onSettings (export gs_configure)',
  });
  await assert.rejects(compilePlugin(bare, { tickMs: 1000 }), {
    message: 'the manifest has "tickMs", but the module has no onTick (export gs_tick)',
  });
  await assert.rejects(compilePlugin(bare, { tickMs: 10 }), {
    message: /^tickMs in .* must be a number of milliseconds from 250 to 3600000, not 10$/,
  });
  await assert.rejects(compilePlugin(`${bare} export function onTick(isLast: bool): void {}`), {
    message: /has onTick \(export gs_tick\), but its manifest has no "tickMs"/,
  });
  const plain = prepareModule(await compilePlugin(bare));
  assert.deepEqual([plain.settings, plain.tickMs, plain.schema], ["", 0, undefined]);
});
