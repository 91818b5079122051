import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { answering, runWith } from "./support/answering.js";
import { run, start } from "./support/run.js";

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
