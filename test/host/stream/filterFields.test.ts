/** The fields of filters that the API got later. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Process } from "../../../host/events/model.js";
import { compileFilter } from "../../../host/stream/filter.js";
import type { FilterSpec } from "../../../host/stream/filterSpec.js";
import { exec, filter, process, withoutProcess } from "./events.js";

const allow = (set: Partial<FilterSpec>) => compileFilter({ allow: [filter(set)], deny: [] });
const passes = (set: Partial<FilterSpec>, known: Partial<Process>) =>
  allow(set)(exec(process(known)));
const pod = { namespace: "prod", name: "web-7", maybeExecProbe: false, labels: ["app=web"] };

test("arguments_regex searches the arguments as they are shown", () => {
  const known = { arguments: '-c "sleep 1"' };
  assert.ok(passes({ argumentsRegex: ["x", 'p \\d"$'] }, known));
  assert.ok(!passes({ argumentsRegex: ["^sleep"] }, known));
  assert.ok(passes({ argumentsRegex: ["^$"] }, { arguments: "" }));
});

test("parent_binary_regex and parent_arguments_regex search the parent and nobody else", () => {
  const shell = process({ binary: "/bin/sh", arguments: "-c x", parent: process() });
  const child = process({ binary: "/bin/ls", arguments: "-l", parent: shell });
  const grandchild = process({ parent: child });
  for (const [set, expected] of [
    [{ parentBinaryRegex: ["/sh$"] }, [false, true, false]],
    [{ parentArgumentsRegex: ["^-l$"] }, [false, false, true]],
    [{ parentBinaryRegex: ["sh"], parentArgumentsRegex: ["-l"] }, [false, false, false]],
  ] as const) {
    const test = allow(set);
    assert.deepEqual(
      [shell, child, grandchild].map((one) => test(exec(one))),
      expected,
    );
  }
  assert.ok(!passes({ parentBinaryRegex: [""] }, {}));
});

test("ancestor_binary_regex searches all ancestors beyond the parent", () => {
  const init = process({ binary: "/sbin/init" });
  const shell = process({ binary: "/bin/sh", parent: init });
  const child = process({ parent: shell });
  const deep = process({ parent: process({ parent: child }) });
  const test = allow({ ancestorBinaryRegex: ["nope", "^/bin/sh$"] });
  assert.deepEqual(
    [init, shell, child, process({ parent: child }), deep].map((one) => test(exec(one))),
    [false, false, false, true, true],
  );
  const isUnderInit = allow({ ancestorBinaryRegex: ["init"] });
  assert.deepEqual(
    [shell, child, deep].map((one) => isUnderInit(exec(one))),
    [false, true, true],
  );
});

test("pod_regex, namespace_regex and labels ask about the pod, and never match outside of one", () => {
  assert.ok(passes({ podRegex: ["^web-\\d+$"] }, { pod }));
  assert.ok(!passes({ podRegex: ["^eb"] }, { pod }));
  assert.ok(passes({ namespaceRegex: ["^pro"] }, { pod }));
  assert.ok(!passes({ namespaceRegex: ["^pro$"] }, { pod }));
  assert.ok(passes({ labels: ["x", "app in (web, db)"] }, { pod }));
  assert.ok(!passes({ labels: ["app!=web"] }, { pod }));
  assert.ok(passes({ labels: ["tier!=db,!x"] }, { pod }));
  for (const set of [{ podRegex: [""] }, { namespaceRegex: [""] }, { labels: [""] }]) {
    assert.ok(!passes(set, {}), JSON.stringify(set));
  }
  const image = { id: "", name: "" };
  const named = {
    ...pod,
    container: { id: "docker://1", name: "nginx-1", image, startTimeNs: 0n },
  };
  assert.ok(passes({ containerNameRegex: ["x", "^nginx"] }, { pod: named }));
  assert.ok(
    passes({ containerNameRegex: ["-1$"] }, { pod: { ...named, namespace: "", name: "" } }),
  );
  assert.ok(!passes({ containerNameRegex: ["^ginx"] }, { pod: named }));
  assert.ok(!passes({ containerNameRegex: [""] }, { pod }), "no container is known");
  assert.ok(!passes({ containerNameRegex: [""] }, {}));
  const container = { ...pod, namespace: "", name: "" };
  assert.ok(!passes({ podRegex: [""] }, { pod: container }));
  assert.ok(!passes({ namespaceRegex: [""] }, { pod: container }));
  assert.ok(passes({ labels: ["app=web"] }, { pod: container }), "of the container");
  const { labels, ...bare } = pod;
  assert.ok(labels.length > 0);
  assert.ok(passes({ labels: ["!app"] }, { pod: bare }));
  assert.ok(passes({ labels: ["app=web"] }, { pod: { ...pod, labels: ["k8s:app=web"] } }));
});

test("a pod that becomes known later is asked about then", () => {
  const one = process() as { -readonly [key in keyof Process]: Process[key] };
  for (const set of [{ podRegex: ["web"] }, { namespaceRegex: ["prod"] }, { labels: ["app"] }]) {
    const test = allow(set);
    delete one.pod;
    assert.ok(!test(exec(one)));
    one.pod = pod;
    assert.ok(test(exec(one)));
    one.pod = { ...pod, namespace: "x", name: "x", labels: [] };
    assert.ok(!test(exec(one)));
  }
});

const id = "0123456789abcdef".repeat(4);
const docker = id.slice(0, 31);

test("container_id takes the first characters of an id, all of it, or a pattern", () => {
  for (const [value, expected] of [
    [id.slice(0, 12), true],
    [docker, true],
    [id, true],
    [`${id.slice(0, 30)}0`, false],
    ["456789", false],
    ["^.*456789", true],
    ["(?i)^0123456789AB", true],
    ["zzz", false],
  ] as const) {
    assert.equal(passes({ containerId: [value] }, { docker }), expected, value);
  }
  assert.ok(!passes({ containerId: [".*"] }, { docker: "" }));
});

test("container_id looks at all of an id where all of it is known", () => {
  const other = `${id.slice(0, 40)}ffffffff${id.slice(48)}`;
  for (const [value, expected] of [
    [id, true],
    [id.slice(0, 12), true],
    [id.slice(0, 45), true],
    [other, false],
    [other.slice(0, 45), false],
    [`${id}0`, false],
    [`${id.slice(60)}$`, true],
  ] as const) {
    assert.equal(passes({ containerId: [value] }, { docker, containerId: id }), expected, value);
  }
});

test("in_init_tree is what the process says", () => {
  assert.ok(passes({ inInitTree: true }, { inInitTree: true }));
  assert.ok(!passes({ inInitTree: true }, { inInitTree: false }));
  assert.ok(passes({ inInitTree: false }, { inInitTree: false }));
});

const none = { any: [], all: [], exactly: [], none: [] };
const held = (permitted: bigint, effective = 0n, inheritable = 0n) => ({
  capabilities: { permitted, effective, inheritable },
});

test("capabilities compare each set, and all that are given must match", () => {
  const [two, three] = [held(0b110n), held(0b111n)];
  for (const [match, expected] of [
    [{ any: [0, 1] }, [true, true]],
    [{ any: [0, 40] }, [false, true]],
    [{ all: [1, 2] }, [true, true]],
    [{ all: [0, 1] }, [false, true]],
    [{ exactly: [2, 1] }, [true, false]],
    [{ none: [0, 5] }, [true, false]],
    [{ all: [1], none: [0] }, [true, false]],
  ] as const) {
    const set = { capabilities: { permitted: { ...none, ...match } } };
    assert.deepEqual([passes(set, two), passes(set, three)], expected, JSON.stringify(match));
  }
  const both = { permitted: { ...none, any: [1] }, effective: { ...none, none: [21] } };
  assert.ok(passes({ capabilities: both }, held(2n)));
  assert.ok(!passes({ capabilities: both }, held(2n, 1n << 21n)));
  assert.ok(!passes({ capabilities: both }, held(0n)));
  assert.ok(
    passes({ capabilities: { inheritable: { ...none, all: [63] } } }, held(0n, 0n, 1n << 63n)),
  );
  assert.ok(!passes({ capabilities: { effective: { ...none, none: [1] } } }, {}));
});

test("what makes no sense is refused, naming the field", () => {
  const refused: readonly (readonly [Partial<FilterSpec>, string])[] = [
    [{ podRegex: ["a", "("] }, "pod_regex[1]: error parsing regexp: missing closing ): `(`"],
    [
      { containerNameRegex: ["("] },
      "container_name_regex[0]: error parsing regexp: missing closing ): `(`",
    ],
    [{ namespaceRegex: ["("] }, "namespace_regex[0]: error parsing regexp: missing closing ): `(`"],
    [{ argumentsRegex: ["("] }, "arguments_regex[0]: error parsing regexp: missing closing ): `(`"],
    [
      { parentBinaryRegex: ["("] },
      "parent_binary_regex[0]: error parsing regexp: missing closing ): `(`",
    ],
    [
      { parentArgumentsRegex: ["("] },
      "parent_arguments_regex[0]: error parsing regexp: missing closing ): `(`",
    ],
    [
      { ancestorBinaryRegex: ["("] },
      "ancestor_binary_regex[0]: error parsing regexp: missing closing ): `(`",
    ],
    [{ containerId: ["ab", "("] }, "container_id[1]: error parsing regexp: missing closing ): `(`"],
    [{ containerId: [""] }, "container_id[0]: an empty container id"],
    [
      { labels: ["a", "b in"] },
      "labels[1]: selector 'b in', character 5: '(' behind in should stand where the end is",
    ],
    [{ capabilities: {} }, "capabilities: set one of permitted, effective, inheritable"],
    [
      { capabilities: { effective: none } },
      "capabilities.effective: set one of any, all, exactly, none",
    ],
    [
      { capabilities: { permitted: { ...none, all: [1, 64] } } },
      "capabilities.permitted.all[1]: capabilities have numbers from 0 to 63, not 64",
    ],
  ];
  for (const [set, reason] of refused) {
    assert.throws(() => allow(set), {
      code: "INVALID_ARGUMENT",
      message: `allow_list[0].${reason}`,
    });
    const spec = { allow: [], deny: [filter(), filter(set)] };
    assert.throws(() => compileFilter(spec), { message: `deny_list[1].${reason}` });
  }
});

test("an event without a process does not match fields that ask about one", () => {
  for (const set of [
    { argumentsRegex: [""] },
    { parentBinaryRegex: [""] },
    { parentArgumentsRegex: [""] },
    { ancestorBinaryRegex: [""] },
    { podRegex: [""] },
    { namespaceRegex: [""] },
    { containerNameRegex: [""] },
    { labels: [""] },
    { containerId: [".*"] },
    { inInitTree: false },
    { inInitTree: true },
    { capabilities: { permitted: { ...none, none: [1] } } },
  ]) {
    assert.ok(!allow(set)(withoutProcess()), JSON.stringify(set));
  }
});
