import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventType } from "../../../host/events/model.js";
import { compileFilter, filterKey } from "../../../host/stream/filter.js";
import type { FilterSpec } from "../../../host/stream/filterSpec.js";
import { exec, exit, filter, process, withoutProcess } from "./events.js";

const allow = (...filters: FilterSpec[]) => compileFilter({ allow: filters, deny: [] });
const deny = (...filters: FilterSpec[]) => compileFilter({ allow: [], deny: filters });
const bash = exec(process({ binary: "/usr/bin/bash", pid: 7 }));
const curl = exec(process({ binary: "/usr/bin/curl", pid: 8 }));

test("without filters every event passes", () => {
  const passes = compileFilter({ allow: [], deny: [] });
  assert.ok(passes(bash));
  assert.ok(passes(withoutProcess()));
});

test("an event passes that any allow filter matches", () => {
  const passes = allow(filter({ pid: [7] }), filter({ binaryRegex: ["curl"] }));
  assert.ok(passes(bash));
  assert.ok(passes(curl));
  assert.ok(!passes(exec(process({ binary: "/bin/ls", pid: 9 }))));
});

test("an event that any deny filter matches does not pass, whatever allows it", () => {
  assert.ok(!deny(filter({ pid: [1] }), filter({ pid: [7] }))(bash));
  const spec = { allow: [filter({ pid: [7, 8] })], deny: [filter({ binaryRegex: ["bash$"] })] };
  assert.ok(!compileFilter(spec)(bash));
  assert.ok(compileFilter(spec)(curl));
});

test("a filter without fields matches everything", () => {
  assert.ok(allow(filter())(withoutProcess()));
  assert.ok(!deny(filter())(withoutProcess()));
});

test("inside a filter every field must match, and one value of each list", () => {
  const passes = allow(filter({ pid: [6, 7], binaryRegex: ["zsh", "bash"], eventSet: [5] }));
  assert.ok(passes(bash));
  assert.ok(!passes(exit(bash.process)));
  assert.ok(!passes(exec(process({ binary: "/usr/bin/bash", pid: 8 }))));
  assert.ok(!passes(exec(process({ binary: "/usr/bin/dash", pid: 7 }))));
});

test("binary_regex matches anywhere in the path", () => {
  assert.ok(allow(filter({ binaryRegex: ["in/ba"] }))(bash));
  assert.ok(!allow(filter({ binaryRegex: ["^bash"] }))(bash));
  assert.ok(allow(filter({ binaryRegex: ["^/usr/bin/bash$"] }))(bash));
  assert.ok(allow(filter({ binaryRegex: [""] }))(exec(process({ binary: "" }))));
});

test("binary_regex is RE2 where RE2 and JavaScript differ", () => {
  const matches = (pattern: string, binary: string) =>
    allow(filter({ binaryRegex: [pattern] }))(exec(process({ binary })));
  assert.ok(matches("(?i)BASH", "/bin/bash"), "flags in the pattern");
  assert.ok(matches("\\A/bin/.*\\z", "/bin/bash"), "anchors of text");
  assert.ok(matches("[[:digit:]]$", "/bin/python3"), "POSIX classes");
  assert.ok(matches("\\pL$", "/bin/é"), "Unicode classes without a flag");
  assert.ok(matches("\\Q.*\\E", "/bin/a.*b"), "quoting");
  assert.ok(!matches("\\Q.*\\E", "/bin/bash"));
  assert.ok(matches("(?P<name>bash)", "/bin/bash"), "named groups");
  assert.ok(!matches("/a.b", "/a\nb"), "a dot is no line feed");
  assert.ok(matches("(?s)/a.b", "/a\nb"));
  assert.ok(!matches("bash$", "/bin/bash\nx"), "$ is the end of the text");
});

test("a pattern that RE2 does not know is refused, naming the field and the reason", () => {
  const reasons: Readonly<Record<string, string>> = {
    "*": "error parsing regexp: missing argument to repetition operator: `*`",
    "(?=a)": "error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
    "(?<!a)b": "error parsing regexp: invalid named capture: `(?<!a)b`",
    "(a)\\1": "error parsing regexp: invalid escape sequence: `\\1`",
    "a{1001}": "error parsing regexp: invalid repeat count: `{1001}`",
    "(": "error parsing regexp: missing closing ): `(`",
  };
  for (const [pattern, reason] of Object.entries(reasons)) {
    assert.throws(() => allow(filter(), filter({ binaryRegex: ["ok", pattern] })), {
      code: "INVALID_ARGUMENT",
      message: `allow_list[1].binary_regex[1]: ${reason}`,
    });
  }
  assert.throws(() => deny(filter({ binaryRegex: ["["] })), {
    message: "deny_list[0].binary_regex[0]: error parsing regexp: missing closing ]: `[`",
  });
});

test("a pattern that makes a backtracking matcher explode takes linear time", () => {
  const passes = allow(filter({ binaryRegex: ["^(a+)+$", "(x|x)*y"] }));
  const binary = `${"a".repeat(2000)}${"x".repeat(2000)}`;
  const startMs = performance.now();
  assert.ok(!passes(exec(process({ binary }))));
  assert.ok(performance.now() - startMs < 1000);
});

test("a process is asked for its binary once, whatever the number of its events", () => {
  let asked = 0;
  const one = process({ pid: 3 });
  const counting = Object.defineProperty({ ...one }, "binary", {
    get: () => {
      asked++;
      return "/bin/bash";
    },
  });
  const passes = allow(filter({ binaryRegex: ["bash"] }));
  for (let i = 0; i < 5; i++) assert.ok(passes(exec(counting)));
  assert.equal(asked, 1);
});

test("namespace is that of the pod, and an empty one stands for no pod", () => {
  const pod = { namespace: "kube-system", name: "dns", maybeExecProbe: false };
  const inPod = exec(process({ pod }));
  assert.ok(allow(filter({ namespace: ["default", "kube-system"] }))(inPod));
  assert.ok(!allow(filter({ namespace: ["kube"] }))(inPod));
  assert.ok(!allow(filter({ namespace: [""] }))(inPod));
  assert.ok(allow(filter({ namespace: [""] }))(bash));
  assert.ok(!allow(filter({ namespace: ["default"] }))(bash));
});

test("health_check true is a probe or the child of one, false is neither", () => {
  const pod = { namespace: "default", name: "web", maybeExecProbe: true };
  const probe = process({ pod });
  const child = exec(process({ parent: probe }));
  const grandchild = exec(process({ parent: child.process }));
  for (const [event, isProbe] of [
    [exec(probe), true],
    [child, true],
    [grandchild, false],
    [bash, false],
  ] as const) {
    assert.equal(allow(filter({ healthCheck: true }))(event), isProbe);
    assert.equal(allow(filter({ healthCheck: false }))(event), !isProbe);
  }
});

test("event_set chooses by type", () => {
  const passes = allow(filter({ eventSet: [EventType.EXIT, EventType.TEST] }));
  assert.ok(!passes(bash));
  assert.ok(passes(exit(bash.process)));
  assert.ok(passes(withoutProcess()));
});

test("an event type that does not exist is refused, naming the field", () => {
  assert.throws(() => deny(filter({ eventSet: [5, 99] })), {
    code: "INVALID_ARGUMENT",
    message: "deny_list[0].event_set[1]: Unknown EventType 99",
  });
  assert.throws(() => allow(filter({ eventSet: [0] })), {
    message: "allow_list[0].event_set[0]: Unknown EventType UNDEF",
  });
});

test("fields that ask about a process do not match an event that has none", () => {
  const event = withoutProcess();
  for (const set of [
    { binaryRegex: [""] },
    { namespace: [""] },
    { pid: [0] },
    { pidSet: [0] },
    { healthCheck: true },
  ]) {
    assert.ok(!allow(filter(set))(event), JSON.stringify(set));
  }
  assert.ok(allow(filter({ healthCheck: false }))(event));
});

const anyFilter = fc
  .record({
    pid: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    eventSet: fc.array(fc.constantFrom(EventType.EXEC, EventType.EXIT), { maxLength: 2 }),
    binaryRegex: fc.array(fc.constantFrom("a", "b$", "^/c"), { maxLength: 2 }),
    namespace: fc.array(fc.constantFrom("", "x"), { maxLength: 2 }),
    healthCheck: fc.constantFrom(undefined, true, false),
  })
  .map((set) => filter(set));
const anyEvent = fc
  .record({
    pid: fc.integer({ min: 1, max: 3 }),
    binary: fc.constantFrom("/a", "/b", "/c", "/ab"),
    pod: fc.constantFrom(
      undefined,
      { namespace: "x", name: "p", maybeExecProbe: true },
      { namespace: "y", name: "p", maybeExecProbe: false },
    ),
    isExec: fc.boolean(),
  })
  .map(({ isExec, ...known }) => (isExec ? exec(process(known)) : exit(process(known))));

test("any lists of filters pass what their definition says", () => {
  const any = <T>(list: readonly T[], is: (value: T) => boolean) =>
    list.length === 0 || list.some(is);
  const matches = (
    one: FilterSpec,
    { type, process: { pid, binary, pod } }: ReturnType<typeof exec>,
  ) =>
    any(one.pid, (value) => value === pid) &&
    any(one.eventSet, (value) => value === type) &&
    any(one.binaryRegex, (value) => new RegExp(value).test(binary)) &&
    any(one.namespace, (value) => value === (pod?.namespace ?? "")) &&
    (one.healthCheck === undefined || one.healthCheck === (pod?.maybeExecProbe ?? false));
  const lists = fc.array(anyFilter, { maxLength: 3 });
  fc.assert(
    fc.property(lists, lists, anyEvent, (allowed, denied, event) => {
      const expected =
        any(allowed, (one) => matches(one, event)) && !denied.some((one) => matches(one, event));
      assert.equal(compileFilter({ allow: allowed, deny: denied })(event), expected);
    }),
  );
});

test("filters share a key only if they are the same", () => {
  const key = (one: FilterSpec) => filterKey({ allow: [one], deny: [] });
  assert.equal(key(filter({ pid: [1, 2] })), key(filter({ pid: [1, 2] })));
  const different = [
    key(filter()),
    key(filter({ pid: [1] })),
    key(filter({ pidSet: [1] })),
    key(filter({ healthCheck: false })),
    key(filter({ healthCheck: true })),
    key(filter({ namespace: ["1"] })),
    filterKey({ allow: [], deny: [filter()] }),
    filterKey({ allow: [], deny: [] }),
  ];
  assert.equal(new Set(different).size, different.length);
});
