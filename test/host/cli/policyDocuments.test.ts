/** Files of several policies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../../host/api/client.js";
import { addPolicies, splitDocuments } from "../../../host/cli/policyDocuments.js";
import { GuidestarError } from "../../../host/errors.js";

test("a file is one document or several, whose lines keep their numbers", () => {
  const cases: readonly (readonly [text: string, documents: readonly string[]])[] = [
    ["a: 1\n", ["a: 1\n"]],
    ["---\na: 1\n", ["---\na: 1\n"]],
    ["a: 1\n---\nb: 2\n", ["a: 1", "\n---\nb: 2\n"]],
    ["# words\n---\na: 1\n---\n# words\n---\nb: 2", ["\n---\na: 1", "\n\n\n\n\n---\nb: 2"]],
    ["a: |\n  ---\n--- # words\nb: 2\n...\n", ["a: |\n  ---", "\n\n--- # words\nb: 2\n...\n"]],
    ["a: ---\n----\n", ["a: ---\n----\n"]],
    ["# nothing\n", ["# nothing\n"]],
    ["", [""]],
  ];
  for (const [text, documents] of cases) assert.deepEqual(splitDocuments(text), documents, text);
});

test("all policies of a file are added, or none", async () => {
  const names: string[] = [];
  const client = {
    sensors: {
      listSensors: async () => names.map((name) => ({ name, enabled: true })),
      addTracingPolicy: async (yaml: string) => {
        if (yaml === "bad") throw new GuidestarError("INVALID_ARGUMENT", "policy, line 3: bad");
        names.push(yaml);
      },
    },
    policies: { delete: async (name: string) => names.splice(names.indexOf(name), 1) },
  } as unknown as Client;
  names.push("before");
  await assert.rejects(addPolicies(client, ["a", "b", "bad", "c"]), {
    code: "INVALID_ARGUMENT",
    message: "policy, line 3: bad (policy 3 of 4 was refused, so none was added)",
  });
  assert.deepEqual(names, ["before"]);
  assert.deepEqual(await addPolicies(client, ["a", "b"]), ["a", "b"]);
  assert.deepEqual(names, ["before", "a", "b"]);
});
