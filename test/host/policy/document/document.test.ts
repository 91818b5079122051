import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePolicies, parsePolicyDocument } from "../../../../host/policy/document/document.js";
import { policy, problemsOf } from "../support.js";

const refused = (yaml: string) => problemsOf(() => parsePolicyDocument(yaml));
const refusedSpec = (spec: string) => refused(policy(spec));

test("all three API versions and both kinds are read, and documents of old leave them out", () => {
  for (const version of [
    "isovalent.com/v1alpha1",
    "hubble-enterprise.io/v1",
    "cilium.io/v1alpha1",
  ]) {
    const yaml = `apiVersion: ${version}\nkind: TracingPolicy\n${policy("kprobes: [{call: x}]")}`;
    assert.equal(parsePolicyDocument(yaml).name, "test");
  }
  const named = "kind: TracingPolicyNamespaced\nmetadata: {name: a, namespace: shop}\n";
  const spec = "spec: {kprobes: [{call: x}]}";
  assert.equal(parsePolicyDocument(named + spec).namespace, "shop");
  const plain = "kind: TracingPolicyNamespaced\nmetadata: {name: a}\n";
  assert.equal(parsePolicyDocument(plain + spec).namespace, "default");
  assert.deepEqual(refused(`metadata: {name: a, namespace: shop}\n${spec}`), [
    "1:32: metadata.namespace: only a TracingPolicyNamespaced is of a namespace; set kind, or leave this out",
  ]);
  assert.deepEqual(refused(`apiVersion: cilium.io/v1alpha2\n${policy("kprobes: [{call: x}]")}`), [
    '1:13: apiVersion: "cilium.io/v1alpha2" is none of cilium.io/v1alpha1, isovalent.com/v1alpha1, hubble-enterprise.io/v1 (did you mean "cilium.io/v1alpha1"?)',
  ]);
});

test("a file may hold several documents; a request holds one", () => {
  const yaml = `---\n${policy("kprobes: [{call: x}]")}---\n# nothing\n---\n${policy("kprobes: [{call: y}]")}`;
  assert.equal(parsePolicies(yaml).length, 2);
  assert.deepEqual(refused(yaml), ["8:1: a second document begins; add one policy at a time"]);
});

test("all that is wrong is told at once, in the order of the text", () => {
  const yaml = `metadata: {name: test}
spec:
  kprobes:
  - call: 5
    sycall: true
    args:
    - index: -1
      type: strng
  - return: maybe
    selectors:
    - matchPIDs:
      - operator: in
        values: ["1"]
      - operator: Inn
        values: [1]
`;
  const found = refused(yaml);
  const [type] = found.splice(3, 1);
  assert.match(
    type ?? "",
    /^8:13: spec\.kprobes\[0\]\.args\[0\]\.type: "strng" is none of auto, int, .* \(did you mean "string"\?\)$/,
  );
  assert.deepEqual(found, [
    "4:11: spec.kprobes[0].call: this must be text, not 5",
    '5:5: spec.kprobes[0]: unknown field "sycall"; known: call, syscall, return, returnArg, returnArgAction, data, ignore, message, tags, args, selectors, stackTraceTree (did you mean "syscall"?)',
    "7:14: spec.kprobes[0].args[0].index: this must be a whole number from 0 to 64, not -1",
    "9:5: spec.kprobes[1].call: this is missing: the kernel function to watch",
    '9:13: spec.kprobes[1].return: this must be true or false, not the text "maybe"',
    '13:18: spec.kprobes[1].selectors[0].matchPIDs[0].values[0]: this must be a whole number from 0 to 4294967295, not the text "1"',
    `14:19: spec.kprobes[1].selectors[0].matchPIDs[1].operator: Unknown op 'Inn': "Inn" is none of In, NotIn (did you mean "In"?)`,
  ]);
});

test("what guidestar does not do is refused by its name, with the reason", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "usdts: [{path: /x}]": /spec\.usdts: guidestar does not support this: .*USDT/,
    "loader: true": /spec\.loader: guidestar does not support this/,
    "enforcers: [{calls: [x]}]": /spec\.enforcers: .*Sigkill, Signal and Override/,
    "hostSelector: {}": /spec\.hostSelector/,
    "kprobes: [{call: x, selectors: [{matchData: [{}]}]}]": /matchData: guidestar does not support/,
    "kprobes: [{call: x, selectors: [{matchWorkloads: [{}]}]}]": /matchWorkloads: .*podSelector/,
    "kprobes: [{call: x, args: [{index: 0, type: const_buf}]}]":
      /guidestar does not support const_buf/,
    "kprobes: [{call: x, returnArgAction: TrackSock}]": /guidestar does not support TrackSock/,
  };
  for (const [spec, message] of Object.entries(cases)) {
    assert.match(
      refusedSpec(`${spec}\ntracepoints: [{subsystem: a, event: b}]`).join(),
      message,
      spec,
    );
  }
  // What asks for nothing is no obstacle.
  parsePolicyDocument(policy("loader: false\nenforcers: []\nusdts:\nkprobes: [{call: x}]"));
});

test("limits are told: tags, messages, arguments", () => {
  const tags = JSON.stringify(Array(17).fill("t"));
  assert.match(
    refusedSpec(`kprobes: [{call: x, tags: ${tags}}]`).join(),
    /17 tags are too many; 16 are the most/,
  );
  const message = "m".repeat(257);
  assert.match(
    refusedSpec(`kprobes: [{call: x, message: ${message}}]`).join(),
    /has 257 bytes; 256 are the most/,
  );
  const args = JSON.stringify(Array(6).fill({ index: 0, type: "int" }));
  assert.match(
    refusedSpec(`kprobes: [{call: x, args: ${args}}]`).join(),
    /6 arguments are too many; 5 are the most/,
  );
});

test("a policy without a hook is refused as it always was", () => {
  assert.deepEqual(refused("metadata: {name: a}\nspec: {}"), [
    "2:7: spec: sensor a could not be found: the policy has no hooks; it needs kprobes, tracepoints, lsmhooks, uprobes or perf",
  ]);
});

test("templates that nobody filled in are told as such", () => {
  assert.match(
    refusedSpec("kprobes: [{call: x, message: {{.Pid}}}]").join(),
    /fill in templates such as/,
  );
});
