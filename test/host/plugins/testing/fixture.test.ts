import assert from "node:assert/strict";
import { test } from "node:test";
import { EventType } from "../../../../host/events/model.js";
import { EventJson } from "../../../../host/plugins/extism/eventJson.js";
import { parseCase } from "../../../../host/plugins/testing/fixture.js";

test("a test event of a case is what getevents shows, with the process that plugins see", () => {
  const given = { arg0: "3", arg1: "18446744073709551615" };
  const text = JSON.stringify({ test: { ...given, process: { binary: "/bin/seek" } } });
  const [one] = parseCase(text, "a.json").events;
  assert.ok(one?.event.type === EventType.TEST);
  assert.deepEqual(one.event.args, [3n, 2n ** 64n - 1n, 0n, 0n]);
  assert.equal(one.event.process.binary, "/bin/seek");
  assert.deepEqual(JSON.parse(new EventJson().text(one.event)).test, given);
});

test("a number that is none is refused with its place", () => {
  for (const arg2 of ["-1", "0x1", 1.5, -1, {}, "18446744073709551616"]) {
    const text = JSON.stringify({ test: { arg2 } });
    assert.throws(() => parseCase(text, "a.json"), { message: /^a\.json: .*test\.arg2 must be/ });
  }
  assert.throws(() => parseCase('{"test":{"arg4":1}}', "a.json"), {
    message: /unknown field "arg4" \(did you mean "arg\d"\?\)/,
  });
});
