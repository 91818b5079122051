import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePolicy } from "../../../host/api/policyText.js";
import { GuidestarError } from "../../../host/errors.js";
import { connected, start } from "./harness.js";

test("a policy is read: its name, and all of it as plain data", () => {
  const yaml = `# Comment
apiVersion: isovalent.com/v1alpha1
kind: TracingPolicy
metadata:
  name: "sys-write"
spec:
  kprobes:
  - call: "__x64_sys_write"
    args: &args
    - index: 0
      type: int
    selectors: []
  - call: "b"
    args: *args
`;
  const { name, content, yaml: text } = parsePolicy(yaml);
  assert.equal(name, "sys-write");
  assert.equal(text, yaml);
  const args = [{ index: 0, type: "int" }];
  assert.deepEqual(content.spec, {
    kprobes: [
      { call: "__x64_sys_write", args, selectors: [] },
      { call: "b", args },
    ],
  });
});

test("apiVersion and kind are not checked, and JSON is YAML", () => {
  assert.equal(parsePolicy('{"metadata": {"name": "x"}}').name, "x");
  assert.equal(parsePolicy("kind: Whatever\nmetadata:\n  name: y").name, "y");
  assert.equal(parsePolicy("---\n# first\n---\nmetadata: {name: z}\n---\n").name, "z");
});

test("what is wrong with a policy is said with line and column", () => {
  const refused: Readonly<Record<string, string>> = {
    "": "the policy is empty: it needs metadata.name and spec",
    "# only a comment\n": "the policy is empty: it needs metadata.name and spec",
    "---\n": "the policy is empty: it needs metadata.name and spec",
    "- a\n- b\n": "policy, line 1, column 1: a policy is a mapping of fields",
    hello: "policy, line 1, column 1: a policy is a mapping of fields",
    "spec: {}": "the policy has no metadata: it needs metadata.name",
    "metadata: x": "policy, line 1, column 11: metadata is a mapping with a name",
    "metadata: {}": "policy, line 1, column 11: metadata.name is missing: it must be a string",
    "metadata:\n  name: 5":
      "policy, line 2, column 9: metadata.name is missing: it must be a string",
    'metadata:\n  name: ""':
      "policy, line 2, column 9: metadata.name is missing: it must be a string",
    "metadata:\n  name: a\n  labels: {}":
      'policy, line 3, column 3: metadata: unknown field "labels"; known: name',
    "metadata:\n  name: a\nspecs: {}":
      'policy, line 3, column 1: unknown field "specs"; known: apiVersion, kind, metadata, spec',
    "metadata:\n  name: a\nspec:\n  - b: c: d":
      "policy, line 4, column 8: Nested mappings are not allowed in compact mappings",
    "metadata:\n  name: a\nmetadata:\n  name: b":
      "policy, line 3, column 1: Map keys must be unique",
    "metadata:\n  name: a\n---\nmetadata:\n  name: b":
      "policy, line 3, column 1: a second document begins; add one policy at a time",
    "metadata: {name: a}\nspec: !secret x": "policy, line 2, column 7: Unresolved tag: !secret",
    "metadata: {name: a}\nspec: *nowhere":
      "policy: Unresolved alias (the anchor must be set before the alias): nowhere",
  };
  for (const [yaml, message] of Object.entries(refused)) {
    assert.throws(() => parsePolicy(yaml), { code: "INVALID_ARGUMENT", message }, yaml);
  }
});

test("a policy made to blow up is refused", () => {
  let bomb = "metadata: {name: a}\nspec:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (let i = 1; i < 9; i++) {
    bomb += `  a${i}: &a${i} [${Array(9)
      .fill(`*a${i - 1}`)
      .join(", ")}]\n`;
  }
  assert.throws(() => parsePolicy(bomb), { message: /^policy: Excessive alias count/ });
  assert.throws(() => parsePolicy("x".repeat(2_000_000)), { message: /2000000 characters/ });
  for (const deep of ["[".repeat(100_000), `${"[".repeat(50_000)}${"]".repeat(50_000)}`]) {
    assert.throws(() => parsePolicy(`metadata: {name: a}\nspec: ${deep}`), {
      code: "INVALID_ARGUMENT",
    });
  }
});

test("any text is read or refused, and nothing else happens", () => {
  const words = fc.constantFrom(
    ..."metadata: name: spec: - { } [ ] & * | > ! # \" ' : , \n \t --- a 0 ~ ? %".split(" "),
    "\n  ",
    " ",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words).map((list) => list.join("")),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      try {
        assert.equal(typeof parsePolicy(yaml).name, "string");
      } catch (error) {
        assert.ok(error instanceof GuidestarError, String((error as Error).stack));
        assert.equal(error.code, "INVALID_ARGUMENT");
      }
    }),
    { numRuns: 1000 },
  );
});

test("over the wire, a broken policy is INVALID_ARGUMENT and a good one is UNIMPLEMENTED", async (t) => {
  const { address } = await start(t);
  const { sensors } = await connected(t, { serverAddress: address });
  await assert.rejects(sensors.addTracingPolicy("metadata: {}\n"), {
    code: "INVALID_ARGUMENT",
    message: "policy, line 1, column 11: metadata.name is missing: it must be a string",
  });
  await assert.rejects(sensors.addTracingPolicy("metadata: {name: a}"), { code: "UNIMPLEMENTED" });
  assert.deepEqual(await sensors.listSensors(), []);
});
