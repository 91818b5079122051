import assert from "node:assert/strict";
import { test } from "node:test";
import { EventEncoder } from "../../../../host/events/encoder.js";
import type { Event } from "../../../../host/events/model.js";
import { WireWriter } from "../../../../host/events/wire.js";
import { byExpressions } from "../../../../host/stream/cel/filter.js";
import { fgs } from "../../../../proto/generated/api.js";
import { exec, exit, process } from "../events.js";

const encoder = new EventEncoder({
  nodeName: "n",
  capabilities: false,
  namespaces: false,
} as never);

/** As the pipeline has it. */
function messageOf(event: Event): Uint8Array {
  const writer = new WireWriter(256);
  encoder.encode(event, writer);
  return writer.bytes.subarray(5, writer.position);
}

const bash = process({ pid: 7, binary: "/bin/bash", arguments: "-c id", uid: 1000 });
const started = exec(process({ pid: 8, binary: "/usr/bin/id", parent: bash }), { parent: bash });
const ended = exit(bash, { status: 3 });

function passing(expression: string): string[] {
  const test = byExpressions([expression], "f", messageOf);
  return [...(test(started) ? ["exec"] : []), ...(test(ended) ? ["exit"] : [])];
}

test("expressions see the event under the name of its kind", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['process_exec.process.binary == "/usr/bin/id"', ["exec"]],
    ['process_exec.parent.binary.endsWith("/bash") && process_exec.parent.pid == 7u', ["exec"]],
    ["process_exec.process.pid == 8", ["exec"]],
    ["process_exit.status == 3u", ["exit"]],
    ["process_exit.status > 2u && process_exit.process.uid >= 1000", ["exit"]],
    ["has(process_exec.process) || has(process_exit.process)", ["exec", "exit"]],
    ["has(process_kprobe.process)", []],
    ["true", ["exec", "exit"]],
    ['process_exit.process.arguments.matches("^-c +id$")', ["exit"]],
    ['process_exec.process.start_time < timestamp("2020-01-01T00:00:00Z")', ["exec", "exit"]],
    ['[process_exec.process, process_exec.parent].exists(p, p.binary == "/bin/bash")', ["exec"]],
    ["process_kprobe.action == fgs.KprobeAction.KPROBE_ACTION_UNKNOWN", ["exec", "exit"]],
    ['process_exec.process.binary in ["/bin/true", "/usr/bin/id"]', ["exec"]],
  ];
  for (const [expression, expected] of cases)
    assert.deepEqual(passing(expression), expected, expression);
});

test("what cannot be worked out for an event does not match it", () => {
  for (const expression of [
    "process_kprobe.args[0].int_arg == 0",
    "process_exec.process.pid < 100 && 1 / 0 == 1",
    'cidr("10.0.0.0/8").containsIP(process_exec.process.binary)',
    'process_exec.process.pid.startsWith("8")',
  ])
    assert.deepEqual(passing(expression), [], expression);
});

test("of several expressions one is enough", () => {
  const test = byExpressions(["false", "process_exit.status == 3u"], "f", messageOf);
  assert.ok(!test(started) && test(ended));
});

test("addresses and networks", () => {
  const call = (daddr: string) =>
    fgs.GetEventsResponse.encode({
      process_kprobe: { function_name: "tcp_connect", args: [{ sock_arg: { daddr } }] },
    }).finish();
  const daddr = "process_kprobe.args[0].sock_arg.daddr";
  const cases: readonly (readonly [string, string, boolean])[] = [
    [`cidr("10.0.0.0/8").containsIP(${daddr})`, "10.255.0.1", true],
    [`cidr("10.0.0.0/8").containsIP(${daddr})`, "11.0.0.1", false],
    [`cidr("10.0.0.0/8").containsIP(${daddr})`, "::1", false],
    [`cidr("2001:db8::/32").containsIP(${daddr})`, "2001:db8:1::2", true],
    [`cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && isIP(${daddr})`, "1.1.1.1", true],
    [`cidr("10.1.0.0/16").containsCIDR("10.0.0.0/8")`, "1.1.1.1", false],
    [`ip(${daddr}).isLoopback()`, "127.3.2.1", true],
    [`ip(${daddr}).isLoopback()`, "::1", true],
    [`ip(${daddr}).isLinkLocal()`, "fe80::1", true],
    [`ip(${daddr}).isUnspecified()`, "0.0.0.0", true],
    [`ip(${daddr}).family() == 6`, "::1", true],
    [`!isCIDR(${daddr}) && cidr("10.0.0.0/8").prefixLength() == 8`, "10.0.0.1", true],
  ];
  for (const [expression, address, expected] of cases) {
    const test = byExpressions([expression], "f", () => call(address));
    assert.equal(test(started), expected, `${expression} of ${address}`);
  }
});

test("a wrong expression is refused, with its place and what to do", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["1 +", /^f\[0\]: line 1, column 3: found \+ but expecting/],
    ["", /^f\[0\]: line 1, column 1: /],
    [
      "process_exec.proces.binary == ''",
      /line 1, column 13: fgs\.ProcessExec has no field "proces" \(did you mean "process"\?\)/,
    ],
    [
      "true &&\n  proces_exec.pid == 1u",
      /line 2, column 3: there is no "proces_exec" \(did you mean "process_exec"\?\); there are process_exec, /,
    ],
    [
      "process_exec.process.binry == ''",
      /fgs\.Process has no field "binry" \(did you mean "binary"\?\)/,
    ],
    ["process_kprobe.args[0].int == 1", /fgs\.KprobeArgument has no field "int"/],
    [
      "process_kprobe.args.exists(a, a.int_ag == 1)",
      /column 32: fgs\.KprobeArgument has no field "int_ag" \(did you mean "int_arg"\?\)/,
    ],
    [
      "process_kprobe.action == fgs.KprobeAction.KPROBE_ACTION_KILL",
      /there is no value "KPROBE_ACTION_KILL" in fgs\.KprobeAction/,
    ],
    [
      "process_exec.process.binary.startWith('/')",
      /there is no function "startWith" \(did you mean "startsWith"\?\)/,
    ],
    [
      'cidr("10.0.0.0/33").containsIP("1.1.1.1")',
      /column 6: "10\.0\.0\.0\/33" is no network, such as 10\.0\.0\.0\/8/,
    ],
    ['ip("1.2.3") == "x"', /column 4: "1\.2\.3" is no IP address/],
    ["process_exec.process.binary", /no condition: it must be true or false/],
    ["1 + 1", /no condition/],
    ["[1].all(a, [1].all(b, [1].all(c, true)))", /more than 2 macros inside one another/],
    [`"${"a".repeat(5000)}" == ""`, /5008 characters; 4096 are the most/],
  ];
  for (const [expression, message] of cases)
    assert.throws(
      () => byExpressions([expression], "f", messageOf),
      (error: { code: string; message: string }) => {
        assert.match(error.message, message);
        return error.code === "INVALID_ARGUMENT";
      },
      expression,
    );
});
