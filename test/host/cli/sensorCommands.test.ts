import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { guidestar } from "../../../proto/generated/api.js";
import { answering, runWith } from "./support/answering.js";
import { run } from "./support/run.js";
import { GrpcFailure, startServer } from "./support/server.js";

describe("sensors", () => {
  test("list sorts them and says whether they are enabled", async () => {
    const sensors = answering({
      ListSensors: () => ({ sensors: [{ name: "b" }, { name: "a", enabled: true }] }),
    });
    assert.equal((await sensors(["sensors", "list"])).stdout, "a (enabled)\nb (not enabled)\n");
    assert.equal(
      (await sensors(["sensors", "list", "-o", "json"])).stdout,
      '{"sensors":[{"name":"a","enabled":true},{"name":"b"}]}\n',
    );
    const none = answering({ ListSensors: () => ({}) });
    assert.equal((await none(["sensors", "list"])).stdout, "");
  });

  test("enable, disable, rm and config ask for what they say", async () => {
    const asked: unknown[] = [];
    const note =
      (name: string, answer = {}) =>
      (request: object) => {
        asked.push([name, { ...request }]);
        return answer;
      };
    const sensors = answering({
      EnableSensor: note("enable"),
      DisableSensor: note("disable"),
      RemoveSensor: note("rm"),
      SetSensorConfig: note("set"),
      GetSensorConfig: note("get", { cfgval: "17" }),
    });
    const commands = ["enable x", "disable x", "rm x", "config x", "config x k", "config x k v"];
    const outputs: string[] = [];
    for (const command of commands) {
      outputs.push((await sensors(["sensors", ...command.split(" ")])).stdout);
    }
    assert.deepEqual(outputs, [
      "sensor x enabled\n",
      "sensor x disabled\n",
      "sensor x removed\n",
      "17\n",
      "17\n",
      "sensor x: k set to v\n",
    ]);
    assert.deepEqual(asked, [
      ["enable", { name: "x" }],
      ["disable", { name: "x" }],
      ["rm", { name: "x" }],
      ["get", { name: "x" }],
      ["get", { name: "x", cfgkey: "k" }],
      ["set", { name: "x", cfgkey: "k", cfgval: "v" }],
    ]);
  });

  test("the daemon's refusal is one line, with exit code 1", async () => {
    const text = "sensor x enabled, please disable it before removing";
    const sensors = answering({
      RemoveSensor: () => {
        throw new GrpcFailure(status.FAILED_PRECONDITION, text);
      },
    });
    const { code, stdout, stderr } = await sensors(["sensors", "rm", "x"]);
    assert.deepEqual([code, stdout, stderr], [1, "", `guidestar: ${text}\n`]);
  });
});

describe("tracingpolicy add", () => {
  const file = join(mkdtempSync(join(tmpdir(), "policy-")), "p.yaml");
  writeFileSync(file, "kind: TracingPolicy\n");

  test("sends the file or standard input as it is", async () => {
    const sent: string[] = [];
    const script = {
      answers: {
        AddTracingPolicy: ({ yaml }: { yaml: string }) => {
          sent.push(yaml);
          return {};
        },
      },
    };
    const { stdout } = await runWith(script, ["tracingpolicy", "add", file]);
    assert.equal(stdout, `tracing policy from ${file} added\n`);
    const server = await startServer(script);
    const args = ["tp", "add", "-", "--server-address", server.address];
    const fromPipe = await run(args, { stdin: "a: 1\n" });
    server.stop();
    assert.equal(fromPipe.stdout, "tracing policy from standard input added\n");
    assert.deepEqual(sent, ["kind: TracingPolicy\n", "a: 1\n"]);
  });

  test("prints the daemon's refusal", async () => {
    const refuse = answering({
      AddTracingPolicy: () => {
        throw new GrpcFailure(status.ALREADY_EXISTS, "sensor p already exists");
      },
    });
    const { code, stderr } = await refuse(["tracingpolicy", "add", file]);
    assert.deepEqual([code, stderr], [1, "guidestar: sensor p already exists\n"]);
  });

  test("refuses a file that is not there, or empty", async () => {
    const missing = await run(["tracingpolicy", "add", "/no/such.yaml"]);
    assert.equal(missing.code, 2);
    assert.equal(missing.stderr, "guidestar: cannot read /no/such.yaml: there is no such file\n");
    const empty = await run(["tracingpolicy", "add", "-"], { stdin: " \n" });
    assert.deepEqual([empty.code, empty.stderr], [2, "guidestar: standard input is empty\n"]);
  });
});

const moves: guidestar.Policy.$Properties = {
  name: "moves",
  enabled: true,
  mode: 2,
  hooks: [
    {
      name: "__x64_sys_chdir",
      kind: 2,
      mechanism: "sys_enter",
      calls: 12,
      filtered: 2,
      posted: 10,
      runs: 1000,
      time_ns: 200_000,
      memory_bytes: 4096,
    },
    { name: "fd_install", kind: 1 },
  ],
};

describe("tracingpolicy list", () => {
  const list = answering({ "Policies/List": () => ({ policies: [moves] }) });

  test("a line for each hook, fields separated by tabs", async () => {
    const { stdout } = await list(["tracingpolicy", "list"]);
    assert.deepEqual(
      stdout.split("\n").map((line) => line.split("\t")),
      [
        "moves enabled monitor __x64_sys_chdir sys_enter 12 2 10 0 0 0 1000 200 4096".split(" "),
        "moves enabled monitor fd_install - 0 0 0 0 0 0 0 0 0".split(" "),
        [""],
      ],
    );
  });

  test("as JSON", async () => {
    const { stdout } = await list(["tp", "ls", "-o", "json"]);
    assert.equal(JSON.parse(stdout).policies[0].hooks[0].kind, "HOOK_KIND_SYSCALL");
  });

  test("says so if there are none", async () => {
    const none = answering({ "Policies/List": () => ({}) });
    const { stdout, stderr } = await none(["tracingpolicy", "list"]);
    assert.deepEqual([stdout, stderr], ["", "guidestar: there are no tracing policies\n"]);
  });
});

test("policies are switched, set and deleted by name", async () => {
  const asked: unknown[] = [];
  const note = (what: string) => (request: object) => {
    asked.push([what, { ...request }]);
    return {};
  };
  const server = await startServer({
    answers: {
      EnableSensor: note("enable"),
      DisableSensor: note("disable"),
      SetSensorConfig: note("set"),
      "Policies/Delete": note("delete"),
    },
  });
  const lines: string[] = [];
  for (const args of [["enable"], ["disable"], ["set-mode", "monitor"], ["delete"]]) {
    const [verb = "", ...rest] = args;
    const all = ["tracingpolicy", verb, "moves", ...rest, "--server-address", server.address];
    lines.push((await run(all)).stdout);
  }
  server.stop();
  assert.deepEqual(lines, [
    "tracing policy moves enabled\n",
    "tracing policy moves disabled\n",
    "tracing policy moves: mode set to monitor\n",
    "tracing policy moves deleted\n",
  ]);
  assert.deepEqual(asked, [
    ["enable", { name: "moves" }],
    ["disable", { name: "moves" }],
    ["set", { name: "moves", cfgkey: "mode", cfgval: "monitor" }],
    ["delete", { name: "moves" }],
  ]);
  const wrong = await run(["tracingpolicy", "set-mode", "moves", "off"]);
  assert.equal(wrong.code, 2);
});

test("stacktrace-tree print draws the tree, the frequent calls first", async () => {
  const node = (address: number, symbol: string, count: number, more = {}) => ({
    address: { address, symbol },
    count,
    ...more,
  });
  const children = [
    node(0x1000, "rare", 1),
    node(0x2000, "often\x1b", 9, {
      labels: [{ key: "ns", count: 4 }],
      children: [node(0x3000, "", 9)],
    }),
  ];
  const tree = answering({ GetStackTraceTree: () => ({ root: { count: 10, children } }) });
  const { stdout } = await tree(["stacktrace-tree", "print", "t"]);
  assert.equal(
    stdout,
    [
      "10  100.0%  (all)",
      '├─ 9  90.0%  "often\\x1b"',
      "│  └─ 9  90.0%  0x3000",
      "└─ 1  10.0%  rare",
      "",
    ].join("\n"),
  );
  const labelled = await tree(["stacktrace-tree", "print", "t", "--labels"]);
  assert.match(labelled.stdout, /9 {2}90\.0% {2}"often\\x1b" {2}\{ns: 4\}/);
  const folded = await tree(["stacktrace-tree", "print", "t", "-o", "folded"]);
  assert.equal(folded.stdout, '"often\\x1b";0x3000 9\nrare 1\n');
  const svg = await tree(["stacktrace-tree", "print", "t", "-o", "svg"]);
  assert.match(svg.stdout, /^<\?xml .*<\/svg>\n$/s);
  const json = await tree(["stacktrace-tree", "print", "t", "-o", "json"]);
  assert.equal(JSON.parse(json.stdout).root.children[1].address.address, "8192");
});
