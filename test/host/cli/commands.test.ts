import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { fgs, type guidestar } from "../../../proto/generated/api.js";
import { type Outcome, run, start, terminal } from "./support/run.js";
import { GrpcFailure, type Script, startServer } from "./support/server.js";

const version = "3f2a9c81d0e47b65".repeat(4);
const plugin: guidestar.Plugin.$Properties = {
  name: "server-shell",
  version,
  manifest_version: "1.0.0",
  description: "flags shells",
  size: 4700,
  uploaded: { seconds: 1769860800 },
  first_sequence: 101,
  counts: { seen: 1000, kept: 900, dropped: 100, annotated: 7, time_ns: 50_000, fuel: 12 },
};
const broken: guidestar.Plugin.$Properties = {
  ...plugin,
  name: "evil\tname",
  failure: "trap: out of fuel",
  counts: { seen: 10, kept: 10, failed: 10 },
};

/** Runs one command against a server with these answers. */
async function runWith(script: Script, args: string[], onTerminal = false): Promise<Outcome> {
  const server = await startServer(script);
  const all = [...args, "--server-address", server.address];
  try {
    return await (onTerminal
      ? terminal(all, { env: { NO_COLOR: "1" } }).outcome
      : run(all, { timeoutMs: 30_000 }));
  } finally {
    server.stop();
  }
}

const answering =
  (answers: Script["answers"]) =>
  (args: string[], onTerminal = false) =>
    runWith({ answers: answers ?? {} }, args, onTerminal);

describe("plugin push", () => {
  const folder = mkdtempSync(join(tmpdir(), "plugin-"));
  const file = join(folder, "filter.wasm");
  const module = Buffer.concat([
    Buffer.from("\0asm\x01\0\0\0", "latin1"),
    Buffer.alloc(200_000, 7),
  ]);
  writeFileSync(file, module);

  test("sends a header with name and size, then the module, and tells what came of it", async () => {
    let sent: readonly guidestar.UploadPluginRequest.$Properties[] = [];
    const upload: Script["upload"] = (parts) => {
      sent = parts;
      return { plugin, first_sequence: 101 };
    };
    const outcome = await runWith({ upload }, ["plugin", "push", file, "--name", "x"]);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    assert.equal(
      outcome.stdout,
      "pushed server-shell 1.0.0 (3f2a9c81d0e4), 200.0 kB; the first event it sees is number 101\n",
    );
    assert.deepEqual([sent[0]?.header?.name, String(sent[0]?.header?.size)], ["x", "200008"]);
    const chunks = sent.slice(1).map(({ chunk }) => chunk ?? new Uint8Array());
    assert.ok(Buffer.concat(chunks).equals(module));
  });

  test("tells what it replaced, in JSON everything", async () => {
    const replaced = { plugin, first_sequence: 9, replaced_version: "ab".repeat(32) };
    const text = await runWith({ upload: () => replaced }, ["plugin", "push", file]);
    assert.match(text.stdout, /\nit replaces abababababab\n$/);
    const same = { ...replaced, replaced_version: version };
    const again = await runWith({ upload: () => same }, ["plugin", "push", file]);
    assert.match(again.stdout, /\nit replaces the same version\n$/);
    const json = await runWith({ upload: () => replaced }, ["plugin", "push", file, "-o", "json"]);
    assert.equal(JSON.parse(json.stdout).plugin.version, version);
  });

  test("passes on why the daemon refuses a module", async () => {
    const upload = () => {
      throw new GrpcFailure(status.INVALID_ARGUMENT, "import env.open is not allowed");
    };
    const outcome = await runWith({ upload }, ["plugin", "push", file]);
    assert.deepEqual(
      [outcome.code, outcome.stdout, outcome.stderr],
      [1, "", "guidestar: import env.open is not allowed\n"],
    );
  });

  test("finds the module of a folder", async () => {
    const upload = () => ({ plugin });
    assert.equal((await runWith({ upload }, ["plugin", "push", folder])).code, 0);
    const built = mkdtempSync(join(tmpdir(), "plugin-"));
    mkdirSync(join(built, "build"));
    for (const name of ["debug.wasm", "release.wasm"]) {
      writeFileSync(join(built, "build", name), name === "release.wasm" ? module : "no module");
    }
    assert.equal((await runWith({ upload }, ["plugin", "push", built])).code, 0);
  });

  test("warns when the sources of a folder are newer than its module", async () => {
    const stale = mkdtempSync(join(tmpdir(), "plugin-"));
    writeFileSync(join(stale, "filter.wasm"), module);
    utimesSync(join(stale, "filter.wasm"), 1, 1);
    writeFileSync(join(stale, "index.ts"), "");
    const outcome = await runWith({ upload: () => ({ plugin }) }, ["plugin", "push", stale]);
    assert.equal(outcome.code, 0);
    assert.match(outcome.stderr, /^guidestar: .*filter\.wasm is older than .*index\.ts: build it/);
  });

  test("refuses before it connects what cannot be a plugin", async () => {
    const empty = mkdtempSync(join(tmpdir(), "plugin-"));
    const source = join(empty, "index.ts");
    writeFileSync(source, "export {}");
    const several = mkdtempSync(join(tmpdir(), "plugin-"));
    for (const name of ["a.wasm", "b.wasm"]) writeFileSync(join(several, name), module);
    for (const [path, expected] of [
      [join(empty, "none.wasm"), /cannot read .*none\.wasm: there is no such file$/],
      [
        empty,
        /there is no \.wasm file in .* or its build\/: build it with 'guidestar plugin build /,
      ],
      [source, /index\.ts is no WebAssembly module: build it first$/],
      [several, /has several \.wasm files, name one: .*a\.wasm, .*b\.wasm$/],
    ] as const) {
      const { code, stderr } = await run(["plugin", "push", path]);
      assert.equal(code, 2);
      assert.match(stderr.trimEnd(), expected);
    }
  });
});

describe("plugin list and rm", () => {
  const withPlugins = answering({ List: () => ({ plugins: [plugin, broken] }) });

  test("a pipe gets tabs and no title", async () => {
    const { stdout } = await withPlugins(["plugin", "list"]);
    assert.equal(
      stdout,
      [
        "server-shell\t1.0.0\t3f2a9c81d0e4\t101\t1000\t900\t100\t7\t0\t50\tactive",
        '"evil\\tname"\t1.0.0\t3f2a9c81d0e4\t101\t10\t10\t0\t0\t10\t0\tout of the chain: trap: out of fuel',
        "",
      ].join("\n"),
    );
  });

  test("a terminal gets a table", async () => {
    const { stdout } = await withPlugins(["plugin", "ls"], true);
    assert.match(stdout, /^NAME {10}VERSION {2}HASH {10}FROM EVENT {2}SEEN {2}KEPT /);
    assert.match(stdout, /\r\nserver-shell {2}1\.0\.0 {4}3f2a9c81d0e4 {9}101 {2}1000 {3}900/);
  });

  test("JSON has everything", async () => {
    const { stdout } = await withPlugins(["plugin", "list", "-o", "json"]);
    const { plugins } = JSON.parse(stdout);
    assert.equal(plugins[0].version, version);
    assert.equal(plugins[0].uploaded, "2026-01-31T12:00:00Z");
    assert.equal(plugins[0].counts.dropped, "100");
  });

  test("no plugins: nothing on standard output, a word on standard error", async () => {
    const none = answering({ List: () => ({}) });
    assert.deepEqual(await none(["plugin", "list"]), {
      code: 0,
      signal: null,
      stdout: "",
      stderr: "guidestar: there are no plugins: events pass as they are\n",
    });
  });

  test("rm prints the final counts", async () => {
    let asked = "";
    const remove = answering({
      Remove: ({ name }: { name: string }) => {
        asked = name;
        return {
          plugin: { ...plugin, counts: { ...plugin.counts, failed: 3 } },
          first_sequence: 55,
        };
      },
    });
    const { code, stdout } = await remove(["plugin", "rm", "server-shell"]);
    assert.equal(code, 0);
    assert.equal(asked, "server-shell");
    assert.equal(
      stdout,
      "removed server-shell 1.0.0 (3f2a9c81d0e4); the first event without it is number 55\nit saw 1,000 events: kept 900, dropped 100; annotated 7; failed on 3, which passed unjudged\n",
    );
  });
});

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
        "moves enabled monitor __x64_sys_chdir sys_enter 12 2 10 0 0 1000 200 4096".split(" "),
        "moves enabled monitor fd_install - 0 0 0 0 0 0 0 0".split(" "),
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
      "10  (all)",
      '├─ 9  0x2000  "often\\x1b"  {ns: 4}',
      "│  └─ 9  0x3000",
      "└─ 1  0x1000  rare",
      "",
    ].join("\n"),
  );
  const json = await tree(["stacktrace-tree", "print", "t", "-o", "json"]);
  assert.equal(JSON.parse(json.stdout).root.children[1].address.address, "8192");
});

describe("status", () => {
  const health = {
    health_status: [
      {
        event: fgs.HealthStatusType.HEALTH_STATUS_TYPE_STATUS,
        status: fgs.HealthStatusResult.HEALTH_STATUS_RUNNING,
        details: "running",
      },
    ],
  };
  const node: guidestar.GetStatusResponse.$Properties = {
    node_name: "node-1",
    version: "0.1.0",
    started: { seconds: Math.floor(Date.now() / 1000) - 3725 },
    source: "live",
    scope: "all",
    pipeline: { seen: 1234567, kept: 1234000, dropped: 567, lost_ring: 12, sequence: 1234567 },
    process_cache: { size: 321, misses: 2, evictions: 1 },
    streams: [{ id: 3, peer: "unix", sent: 1000, queued: 5, lost: 2 }],
  };
  const guidestarDaemon = answering({
    GetHealth: () => health,
    GetStatus: () => node,
    List: () => ({ plugins: [plugin, broken] }),
  });

  test("tells health, counts that add up, every kind of loss, plugins and streams", async () => {
    const { code, stdout } = await guidestarDaemon(["status"]);
    assert.equal(code, 0);
    assert.equal(
      stdout.replace(/up 1 h \d+ min/, "up 1 h 2 min"),
      [
        "Health Status: running",
        "Node:          node-1, guidestar 0.1.0, up 1 h 2 min",
        "Source:        live, scope all",
        "Events:        1,234,567 seen = 1,234,000 kept + 567 dropped by plugins; newest is number 1,234,567",
        "Lost:          12 in the kernel's ring buffer, 0 not decodable, 0 processes without room in the kernel's table, 0 failed reads in the kernel",
        "Processes:     321 known, 2 asked for and not known, 1 evicted",
        "Plugins:       2",
        "  server-shell 1.0.0 (3f2a9c81d0e4) saw 1,000 events: kept 900, dropped 100; annotated 7",
        '  "evil\\tname" 1.0.0 (3f2a9c81d0e4) saw 10 events: kept 10, dropped 0; annotated 0; failed on 10, which passed unjudged; OUT OF THE CHAIN: trap: out of fuel',
        "Streams:       1",
        "  #3 unix: 1,000 sent, 5 waiting, 2 lost by reading too slowly",
        "",
      ].join("\n"),
    );
  });

  test("JSON has the parts of all three answers", async () => {
    const { stdout } = await guidestarDaemon(["status", "-o", "json"]);
    const read = JSON.parse(stdout);
    assert.equal(read.health_status[0].status, "HEALTH_STATUS_RUNNING");
    assert.equal(read.node.pipeline.lost_ring, "12");
    assert.equal(read.plugins.length, 2);
  });

  test("of a daemon that has only the old API, health is all", async () => {
    const old = answering({ GetHealth: () => health });
    const text = await old(["status"]);
    assert.deepEqual([text.code, text.stdout], [0, "Health Status: running\n"]);
    const json = await old(["status", "-o", "json"]);
    assert.deepEqual(Object.keys(JSON.parse(json.stdout)), ["health_status"]);
  });

  test("of a daemon that is not well, the exit code is 1", async () => {
    const { HEALTH_STATUS_ERROR } = fgs.HealthStatusResult;
    const ill = answering({
      GetHealth: () => ({ health_status: [{ status: HEALTH_STATUS_ERROR }] }),
    });
    const { code, stdout } = await ill(["status"]);
    assert.deepEqual([code, stdout], [1, "Health Status: error\n"]);
  });
});

describe("version", () => {
  test("of daemon and program", async () => {
    const daemon = answering({ GetVersion: () => ({ version: "v9" }) });
    const { stdout } = await daemon(["version"]);
    assert.match(stdout, /^server version: v9\ncli version: \d+\.\d+\.\d+\n$/);
    const nameless = answering({ GetVersion: () => ({}) });
    assert.match((await nameless(["version"])).stdout, /^server version: unknown\n/);
  });

  test("--client needs no daemon, and loads nothing heavy", async () => {
    const spy = join(mkdtempSync(join(tmpdir(), "spy-")), "spy.cjs");
    writeFileSync(
      spy,
      `process.on("exit", () => console.error(Object.keys(require.cache).join("\\n")));`,
    );
    const env = { GUIDESTAR_SERVER: "unix:///no/such.sock", NODE_OPTIONS: `--require ${spy}` };
    const quick = await run(["version", "--client"], { env });
    assert.equal(quick.code, 0);
    assert.match(quick.stdout, /^cli version: \d+\.\d+\.\d+\n$/);
    assert.match(quick.stderr, /commander/);
    assert.doesNotMatch(quick.stderr, /grpc|protobuf|re2js|koffi|pino/);
    const full = await run(["version"], { env });
    assert.match(full.stderr, /grpc/);
  });
});

describe("the connection", () => {
  const failures: readonly (readonly [string[], RegExp, number])[] = [
    [
      ["--server-address", "unix:///no/such.sock"],
      /no daemon at unix:\/\/\/no\/such\.sock: there is no such socket/,
      1,
    ],
    [["--server-address", "127.0.0.1:1"], /no daemon at 127\.0\.0\.1:1: nothing listens there/, 1],
    [["--server-address", "http://x"], /--server-address: 'http:\/\/x' is no address/, 2],
    [["--tls-ca", "/no/ca.pem"], /cannot read the TLS CA file \/no\/ca\.pem/, 2],
    [["--tls-cert", "/no/cert.pem"], /go together/, 2],
  ];
  for (const [flags, expected, exitCode] of failures) {
    test(`${flags.join(" ")} fails with one line`, async () => {
      const { code, stdout, stderr } = await run([...flags, "status"]);
      assert.deepEqual([code, stdout], [exitCode, ""]);
      assert.match(stderr, expected);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    });
  }

  test("--debug tells where an error came from", async () => {
    const { stderr } = await run(["status", "-d", "--server-address", "unix:///no/such.sock"]);
    assert.match(stderr, /\n {4}at .*preflight.*caused by: Error: connect ENOENT/s);
  });

  test("TLS to a daemon without it is told as such", async () => {
    const { code, stderr } = await runWith({}, ["status", "--tls"]);
    assert.equal(code, 1);
    assert.match(stderr, /^guidestar: .*TLS/i);
  });

  test("Ctrl-C interrupts a command that waits for an answer: exit code 130", async () => {
    const { createServer } = await import("node:net");
    const silent = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const connected = new Promise<void>((resolve) => silent.once("connection", () => resolve()));
    const running = start(["status", "--server-address", `127.0.0.1:${port}`]);
    await connected;
    running.child.kill("SIGINT");
    const { code, signal } = await running.outcome;
    silent.close();
    assert.ok(code === 130 || signal === "SIGINT", `${code} ${signal}`);
  });
});

describe("usage", () => {
  test("an unknown command gets a suggestion and exit code 2", async () => {
    const { code, stdout, stderr } = await run(["getevent"]);
    assert.deepEqual(
      [code, stdout, stderr],
      [2, "", "guidestar: unknown command 'getevent'. Did you mean getevents?\n"],
    );
    const inner = await run(["plugin", "psh"]);
    assert.deepEqual(
      [inner.code, inner.stderr],
      [2, "guidestar: unknown command 'psh'. Did you mean push?\n"],
    );
  });

  test("no command at all shows help on standard error, exit code 2", async () => {
    for (const args of [[], ["plugin"], ["sensors"]]) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^Usage: guidestar/);
    }
  });

  test("--help is on standard output, with examples and the global options, exit code 0", async () => {
    const commands = ["getevents", "status", "plugin push", "plugin list", "plugin rm", "sensors"];
    for (const command of [...commands, "tracingpolicy add", "stacktrace-tree print", "probe"]) {
      const { code, stdout, stderr } = await run([...command.split(" "), "--help"]);
      assert.deepEqual([code, stderr], [0, ""], command);
      assert.match(stdout, /^Usage: guidestar /);
      assert.match(stdout, /Examples?:\n {2}\S/, command);
      assert.match(stdout, /--server-address/, command);
    }
  });
});
