import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePolicy } from "../../../host/api/policyText.js";
import { GuidestarError } from "../../../host/errors.js";
import { connected, start } from "./harness.js";

const spec = "spec: {kprobes: [{call: x}]}";

test("a policy is read: its name, its text and what it watches", () => {
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
  const policy = parsePolicy(yaml);
  assert.equal(policy.name, "sys-write");
  assert.equal(policy.yaml, yaml);
  const [first, second] = policy.spec.kprobes;
  assert.equal(first?.call.value, "__x64_sys_write");
  assert.equal(second?.args[0]?.type?.value, "int");
});

test("JSON is YAML, and empty documents are none", () => {
  assert.equal(
    parsePolicy('{"metadata": {"name": "x"}, "spec": {"kprobes": [{"call": "x"}]}}').name,
    "x",
  );
  assert.equal(parsePolicy(`---\n# first\n---\nmetadata: {name: z}\n${spec}\n---\n`).name, "z");
});

test("what is wrong with a policy is said with line and column", () => {
  const refused: Readonly<Record<string, string>> = {
    "": "1, column 1: the policy is empty: it needs metadata.name and spec",
    "# only a comment\n": "1, column 1: the policy is empty: it needs metadata.name and spec",
    "---\n": "1, column 1: the policy is empty: it needs metadata.name and spec",
    "- a\n- b\n": "1, column 1: a policy is a mapping of fields, not a list",
    hello: '1, column 1: a policy is a mapping of fields, not the text "hello"',
    [spec]: "1, column 1: metadata: this is missing: it needs metadata.name",
    [`metadata: x\n${spec}`]:
      '1, column 11: metadata: metadata is a mapping of fields, not the text "x"',
    [`metadata: {}\n${spec}`]:
      "1, column 11: metadata.name: this is missing: metadata.name, under which the policy is known",
    [`metadata:\n  name: 5\n${spec}`]: "2, column 9: metadata.name: this must be text, not 5",
    [`metadata:\n  name: ""\n${spec}`]: "2, column 9: metadata.name: this must not be empty",
    [`metadata:\n  name: a\n  uid: {}\n${spec}`]:
      '3, column 3: metadata: unknown field "uid"; known: name, namespace, labels, annotations, generateName',
    "metadata:\n  name: a\nspecs: {}":
      '1, column 1: spec: this is missing: it says what to watch\npolicy, line 3, column 1: unknown field "specs"; known: apiVersion, kind, metadata, spec (did you mean "spec"?)',
    "metadata:\n  name: a\nspec:\n  - b: c: d":
      "4, column 8: Nested mappings are not allowed in compact mappings",
    "metadata:\n  name: a\nmetadata:\n  name: b": "3, column 1: Map keys must be unique",
    "metadata: {name: a}\nspec: !secret x": "2, column 7: Unresolved tag: !secret",
    "metadata: {name: a}\nspec: *nowhere": '2, column 7: there is no anchor "nowhere" before this',
  };
  for (const [yaml, message] of Object.entries(refused)) {
    const expected = { code: "INVALID_ARGUMENT", message: `policy, line ${message}` };
    assert.throws(() => parsePolicy(yaml), expected, yaml);
  }
});

test("a policy made to blow up is refused", () => {
  let bomb = "metadata: {name: a}\nspec:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (let i = 1; i < 9; i++) {
    bomb += `  a${i}: &a${i} [${Array(9)
      .fill(`*a${i - 1}`)
      .join(", ")}]\n`;
  }
  assert.throws(() => parsePolicy(bomb), { message: /more than 200000 values/ });
  assert.throws(() => parsePolicy("a: &a [*a]"), { code: "INVALID_ARGUMENT" });
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

test("over the wire, a broken policy is INVALID_ARGUMENT and a good one needs a live kernel", async (t) => {
  const { address } = await start(t);
  const { sensors } = await connected(t, { serverAddress: address });
  await assert.rejects(sensors.addTracingPolicy("metadata: {}\n"), {
    code: "INVALID_ARGUMENT",
    message:
      /^policy, line 1, column 1: spec: .*\npolicy, line 1, column 11: metadata\.name: this is missing/,
  });
  await assert.rejects(sensors.addTracingPolicy(`metadata: {name: a}\n${spec}`), {
    code: "FAILED_PRECONDITION",
  });
  assert.deepEqual(await sensors.listSensors(), []);
});
