import assert from "node:assert/strict";
import { test } from "node:test";
import type { ArgumentFilter, HookSpec } from "../../../../host/policy/hookSpec.js";
import { limits } from "../../../../host/policy/resolve/limits.js";
import { mostData } from "../../../../host/sensors/hook/arguments.js";
import { longestText } from "../../../../host/sensors/hook/selector/filterSets.js";
import { hook, problemsOf, resolve } from "../support.js";

const call = (selector: string, type = "int", more = "") =>
  `kprobes:\n- call: sys_x\n  syscall: false\n${more}  args: [{index: 3, type: ${type}}]\n  selectors:\n  - ${selector}`;

/** The filter that one matchArgs entry becomes. */
function filter(type: string, operator: string, values: string): ArgumentFilter {
  const spec = call(`matchArgs: [{index: 3, operator: ${operator}, values: ${values}}]`, type);
  return (hook(spec).selectors[0]?.args[0] ?? assert.fail()) as ArgumentFilter;
}

function refusedFilter(type: string, operator: string, values: string): string {
  const spec = call(`matchArgs: [{index: 3, operator: ${operator}, values: ${values}}]`, type);
  const found = problemsOf(() => resolve(spec));
  assert.equal(found.length, 1, found.join("\n"));
  return (found[0] ?? "").replace(/^.*?matchArgs\[0\]\.?/, "");
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const bytes = (text: string) => new TextEncoder().encode(text);

test("numbers are decimal, hexadecimal, octal, negative, to the end of their type", () => {
  const values = (type: string, list: string) => {
    const { test } = filter(type, "Equal", list);
    return test.kind === "oneOf" ? test.values : assert.fail(test.kind);
  };
  assert.deepEqual(values("int", "[7, 0x1f, 017, '0o17', 0b101, -1]"), [
    7n,
    31n,
    15n,
    5n,
    u64(-1n),
  ]);
  assert.deepEqual(values("uint64", "[18446744073709551615]"), [u64(-1n)]);
  assert.deepEqual(values("int64", "[-9223372036854775808]"), [1n << 63n]);
  assert.deepEqual(values("bool", "[true]"), [1n]);
  assert.deepEqual(values("capability", "[CAP_SYS_ADMIN, 12]"), [21n, 12n]);
});

test("numbers that a type cannot have are refused, and what they would be is told", () => {
  const refused = refusedFilter;
  assert.equal(
    refused("int", "Equal", "[0xffffffff]"),
    'values[0]: "0xffffffff" does not fit s32 (-2147483648 to 2147483647); as s32 these bits are -1',
  );
  assert.match(refused("uint32", "Equal", "[-1]"), /"-1" does not fit u32 \(0 to 4294967295\)$/);
  assert.match(refused("uint8", "Mask", "[256]"), /does not fit u8/);
  assert.match(refused("int", "Equal", "[12a]"), /"12a" is no number: s32 takes decimal/);
  assert.match(refused("int", "Equal", "['']"), /is no number/);
  assert.match(refused("int", "InRange", "['5:2']"), /is empty: its end lies before its start/);
  assert.match(refused("int", "InRange", "['1:2:3']"), /write MIN:MAX/);
  assert.match(refused("int", "GT", "[1, 2]"), /one value is compared with/);
  assert.match(refused("int", "Equal", "[]"), /this is missing: values, what Equal compares with/);
});

test("operators become tests, NotX a negated one", () => {
  const cases: [string, string, string, boolean, ArgumentFilter["test"]][] = [
    ["int", "NotEqual", "[1, 2]", true, { kind: "oneOf", values: [1n, 2n] }],
    ["int", "GreaterThan", "[5]", false, { kind: "greater", value: 5n }],
    ["int", "lt", "[-5]", false, { kind: "less", value: u64(-5n) }],
    ["int", "Mask", "[0x6]", false, { kind: "mask", values: [6n] }],
    [
      "int",
      "NotInRange",
      "['-2:3', 9]",
      true,
      {
        kind: "range",
        ranges: [
          [u64(-2n), 3n],
          [9n, 9n],
        ],
      },
    ],
    ["uint32", "NotInMap", "[1, 1, 2]", true, { kind: "inMap", values: [1n, 2n] }],
    [
      "string",
      "Prefix",
      "[/etc/]",
      false,
      { kind: "text", match: "prefix", values: [bytes("/etc/")] },
    ],
    [
      "path",
      "NotPostfix",
      "[.so]",
      true,
      { kind: "text", match: "postfix", values: [bytes(".so")] },
    ],
    [
      "sock",
      "SPort",
      "[80, '1000:2000']",
      false,
      {
        kind: "port",
        side: "source",
        ranges: [
          [80, 80],
          [1000, 2000],
        ],
      },
    ],
    ["skb", "NotDPortPriv", "[]", true, { kind: "port", side: "destination", ranges: [[0, 1023]] }],
    ["sock", "Protocol", "[IPPROTO_UDP, tcp, 1]", false, { kind: "protocol", values: [17, 6, 1] }],
    ["sockaddr", "Family", "[AF_INET6, unix]", false, { kind: "family", values: [10, 1] }],
    ["socket", "State", "[TCP_LISTEN, SYN_RECV]", false, { kind: "state", values: [10, 3] }],
    [
      "file",
      "NotFileType",
      "[dir, sock]",
      true,
      { kind: "fileType", values: [0o040000, 0o140000] },
    ],
    ["cap_effective", "CapabilitiesGained", "[]", false, { kind: "capabilitiesGained" }],
  ];
  for (const [type, operator, values, negated, expected] of cases) {
    const found = filter(type, operator, values);
    assert.deepEqual(found, { position: 0, negated, test: expected }, `${type} ${operator}`);
  }
});

test("the NUL that string comparisons once needed is taken, and not needed", () => {
  for (const value of ['"/tmp/x\\0"', "/tmp/x", "'/tmp/x\\0'"]) {
    const { test } = filter("string", "Equal", `[${value}]`);
    assert.deepEqual(test, { kind: "text", match: "equal", values: [bytes("/tmp/x")] });
  }
  assert.match(refusedFilter("string", "Prefix", '["/tmp\\0"]'), /a prefix has no end; use Equal/);
  assert.match(refusedFilter("string", "Equal", '["a\\0b"]'), /has a NUL inside/);
  assert.match(refusedFilter("file", "Postfix", "['']"), /an empty postfix matches everything/);
});

test("addresses are networks of both families, in network order, without what lies beyond the prefix", () => {
  const { test } = filter(
    "sock",
    "DAddr",
    "['127.0.0.1/8', '192.0.2.7', 'fd00::1/8', '::ffff:192.0.2.1']",
  );
  assert.ok(test.kind === "address");
  const text = test.networks.map(
    ({ address, bits }) => `${Buffer.from(address).toString("hex")}/${bits}`,
  );
  assert.deepEqual(text, [
    "7f000000/8",
    "c0000207/32",
    `fd${"0".repeat(30)}/8`,
    `${"0".repeat(20)}ffffc0000201/128`,
  ]);
  for (const broken of [
    "1.2.3",
    "1.2.3.4/33",
    "::1/129",
    "::1%lo",
    "a.b.c.d",
    "1.2.3.4/",
    "1.2.3.4/8/8",
  ]) {
    assert.match(refusedFilter("sock", "SAddr", `['${broken}']`), /is no address/, broken);
  }
  assert.match(refusedFilter("sock", "SPort", "[65536]"), /is no port/);
});

test("an operator that does not go with the type is refused with those that do", () => {
  assert.equal(
    refusedFilter("sock", "Equal", "[1]"),
    'operator: Equal does not go with type sock: it takes SAddr, NotSAddr, DAddr, NotDAddr, SPort, NotSPort, DPort, NotDPort, SPortPriv, NotSPortPriv, DPortPriv, NotDPortPriv, Protocol, NotProtocol, Family, NotFamily, State, NotState (MatchArgs values "1" unsupported)',
  );
  assert.match(refusedFilter("int", "Prefix", "[a]"), /does not go with type s32: it takes Equal,/);
  assert.match(
    refusedFilter("user_namespace", "Equal", "[a]"),
    /it cannot be compared with anything/,
  );
  assert.match(refusedFilter("string", "SubString", "[a]"), /guidestar does not support SubString/);
  assert.match(
    refusedFilter("sock", "State", "[TCP_LISTN]"),
    /is not a TCP state: .*did you mean "TCP_LISTEN"/,
  );
});

test("filters name arguments by the function's index, or by their place in the list", () => {
  const wrong = call("matchArgs: [{index: 1, operator: Equal, values: [1]}]");
  assert.match(
    problemsOf(() => resolve(wrong)).join(),
    /argFilter for unknown index 1: it is not among the hook's args \(3\)/,
  );
  const listed = hook(call("matchArgs: [{args: [0], operator: Equal, values: [1]}]"));
  assert.equal(listed.selectors[0]?.args[0]?.position, 0);
  const beyond = call("matchArgs: [{args: [1], operator: Equal, values: [1]}]");
  assert.match(
    problemsOf(() => resolve(beyond)).join(),
    /argFilter for unknown index: the hook has 1 args/,
  );
});

const actionsOf = (actions: string, type = "int"): HookSpec["selectors"][number]["actions"] =>
  hook(call(`matchActions: ${actions}`, type)).selectors[0]?.actions ?? [];
const refusedAction = (action: string, syscall = true): string => {
  const spec = `kprobes: [{call: sys_write, syscall: ${syscall}, args: [{index: 0, type: int}], selectors: [{matchActions: [${action}]}]}]`;
  return problemsOf(() => resolve(spec))
    .join("\n")
    .replace(/^.*?matchActions\[0\]\.?/, "");
};

test("actions are read, whatever the case of their letters", () => {
  assert.deepEqual(actionsOf("[{action: sigkill}]"), [{ kind: "signal", signal: 9 }]);
  assert.deepEqual(actionsOf("[{action: Signal, argSig: 10}, {action: NoPost}]"), [
    { kind: "signal", signal: 10 },
    { kind: "noPost" },
  ]);
  assert.deepEqual(actionsOf("[{action: Post, rateLimit: 5m, userStackTrace: true}]"), [
    {
      kind: "post",
      rateLimit: { intervalNs: 300_000_000_000n, scope: "thread" },
      kernelStack: false,
      userStack: true,
    },
  ]);
});

test("actions that cannot be done are refused", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "{action: Kill}": /parseMatchAction: actionType Kill unknown: .*did you mean "Sigkill"/,
    "{action: GetUrl, argUrl: x}": /guidestar does not support GetUrl/,
    "{action: Signal}": /Signal needs argSig/,
    "{action: Signal, argSig: 65}": /65 is no signal/,
    "{action: Sigkill, argSig: 3}": /Sigkill takes no argSig/,
    "{action: Override}": /Override needs argError/,
    "{action: Override, argError: 1}": /1 is no error: they are from -1/,
    "{action: FollowFD, argFd: 0}": /FollowFD needs argName/,
    "{action: FollowFD, argFd: 0, argName: 0}":
      /FollowFD needs a file, a path or a string; argument 0 is of type s32/,
    "{action: FollowFD, argFd: 7, argName: 0}": /argument 7 is not among the hook's args \(0\)/,
    "{action: Post, rateLimit: 5x}": /"5x" is no time/,
    "{action: Post, rateLimitScope: global}": /it belongs to rateLimit/,
    "{action: Sigkill, kernelStackTrace: true}": /only Post takes stack traces/,
    "{action: Post}, {action: NoPost}": /Post and NoPost exclude each other/,
  };
  for (const [action, message] of Object.entries(cases)) {
    assert.match(refusedAction(action), message, action);
  }
});

test("process filters come out as numbers and names", () => {
  const spec = call(
    `matchPIDs: [{operator: NotIn, values: [0, 1], followForks: true, isNamespacePID: true}]
    matchBinaries: [{operator: NotPostfix, values: [/bash], followChildren: true}]
    matchNamespaces: [{namespace: pidforchildren, operator: NotIn, values: [4026531836]}]
    matchNamespaceChanges: [{operator: In, values: [Mnt, User]}]
    matchCapabilities: [{type: Permitted, operator: In, values: [CAP_CHOWN, sys_admin]}]`,
  );
  const [selector] = hook(spec).selectors;
  assert.deepEqual(selector?.pids, [
    { negated: true, values: [0, 1], followForks: true, namespaced: true },
  ]);
  assert.deepEqual(selector?.binaries, [
    { match: "postfix", negated: true, values: ["/bash"], followChildren: true },
  ]);
  assert.deepEqual(selector?.namespaces, [{ namespace: 4, negated: true, values: [4026531836] }]);
  assert.deepEqual(selector?.namespaceChanges, [{ negated: false, namespaces: [2, 9] }]);
  assert.deepEqual(selector?.capabilities, [
    { set: "permitted", negated: false, mask: (1n << 21n) | 1n, namespaced: false },
  ]);
});

test("macros add their filters to a selector's own", () => {
  const spec = `${call("macros: [init]\n    matchPIDs: [{operator: In, values: [2]}]")}
selectorsMacros:
  init: {matchPIDs: [{operator: NotIn, values: [1]}]}`;
  const [selector] = hook(spec).selectors;
  assert.deepEqual(
    selector?.pids.map(({ values }) => values),
    [[2], [1]],
  );
  const wrong = spec.replace("macros: [init]", "macros: [int]");
  assert.match(
    problemsOf(() => resolve(wrong)).join(),
    /there is no macro "int" in selectorsMacros \(did you mean "init"\?\)/,
  );
});

test("return filters need a return, and a return needs to be described", () => {
  const filtered = call("matchReturnArgs: [{index: 0, operator: Equal, values: [-1]}]");
  assert.match(
    problemsOf(() => resolve(filtered)).join(),
    /matchReturnArgs needs a hook with return: true/,
  );
  assert.match(
    problemsOf(() => resolve("kprobes: [{call: x, return: true}]")).join(),
    /ReturnArg not specified with Return=true/,
  );
  const given = "kprobes: [{call: x, returnArg: {type: int}}]";
  assert.match(problemsOf(() => resolve(given)).join(), /it is reported with return: true only/);
});

test("options set the mode; unknown ones are refused", () => {
  const withOption = (option: string) =>
    resolve(`options: [${option}]\nkprobes: [{call: x}]`).spec.mode;
  assert.equal(withOption("{name: policy-mode, value: monitor}"), "monitor");
  assert.equal(withOption('{name: disable-kprobe-multi, value: "1"}'), "enforce");
  assert.match(
    problemsOf(() => withOption("{name: policy-mod, value: x}")).join(),
    /did you mean "policy-mode"/,
  );
  assert.match(
    problemsOf(() => withOption("{name: policy-mode, value: off}")).join(),
    /"off" is none of enforce, monitor/,
  );
});

test("an alias has the place where it stands", () => {
  const spec = "kprobes: [{call: &c [x]}, {call: *c}]";
  const found = problemsOf(() => resolve(spec)).map((line) => line.split(" ", 1)[0]);
  assert.deepEqual(found, ["3:23:", "3:36:"]);
});

test("what is more than the programs in the kernel take is refused with its place", () => {
  const refused = (selector: string) => problemsOf(() => resolve(call(selector))).join();
  const pids = (count: number) => Array(count).fill("{operator: In, values: [1]}").join();
  assert.match(
    refused(`matchPIDs: [${pids(5)}]`),
    /selectors\[0\]\.matchPIDs: 5 entries are too many; 4 are the most/,
  );
  const withMacro = `${call(`macros: [init]\n    matchPIDs: [${pids(4)}]`)}
selectorsMacros:
  init: {matchPIDs: [${pids(1)}]}`;
  assert.match(problemsOf(() => resolve(withMacro)).join(), /5 entries are too many/);
  const nine = JSON.stringify(Array(9).fill({ matchActions: [{ action: "Post" }] }));
  const selectors = `kprobes: [{call: sys_x, syscall: false, selectors: ${nine}}]`;
  assert.match(
    problemsOf(() => resolve(selectors)).join(),
    /9 selectors are too many; 8 are the most/,
  );
  assert.match(
    refusedFilter("string", "Equal", `[${"x".repeat(257)}]`),
    /has 257 bytes; 256 are the most that equal compares/,
  );
  assert.match(
    refusedFilter("file", "Postfix", `[${"x".repeat(129)}]`),
    /128 are the most that postfix compares/,
  );
  assert.match(
    refusedFilter("skb", "State", "[TCP_LISTEN]"),
    /State does not go with type skb: it takes SAddr, .*Family \(/,
  );
  const returns = `kprobes: [{call: sys_x, syscall: false, return: true, returnArg: {type: int}, selectors: [{matchReturnActions: [{action: Sigkill}]}]}]`;
  assert.match(
    problemsOf(() => resolve(returns)).join(),
    /it can only be posted or not: use matchActions/,
  );
});

test("the limits are those of the loader", () => {
  const { equalText: equal, prefixText: prefix, postfixText: postfix } = limits;
  assert.deepEqual({ equal, prefix, postfix }, longestText);
  assert.equal(limits.data, mostData);
});
