import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { execs, frames } from "../api/fakePort.js";
import { start as startServer, temporaryDirectory, until } from "../api/harness.js";
import { run, start } from "./support/run.js";

/** The API's own server, with only the pipeline behind it stood for. */

test("a plugin goes in, is listed, and goes out", async (t) => {
  const { address } = await startServer(t);
  const cli = (...args: string[]) => run([...args, "--server-address", address]);
  const file = join(temporaryDirectory(t), "filter.wasm");
  writeFileSync(file, Buffer.from("\0asm\x01\0\0\0", "latin1"));
  const pushed = await cli("plugin", "push", file, "--name", "quiet");
  assert.deepEqual([pushed.code, pushed.stderr], [0, ""]);
  assert.match(
    pushed.stdout,
    /^pushed quiet 1\.0\.0 \(93a44bbb96c7\), 8 B; the first event it sees is number 1\n$/,
  );
  assert.match((await cli("plugin", "push", file, "--name", "quiet")).stdout, /replaces the same/);
  assert.match((await cli("plugin", "list")).stdout, /^quiet\t1\.0\.0\t93a44bbb96c7\t/);
  assert.match((await cli("status")).stdout, /^Health Status: running\n.*\n.*recording:test.*\n/);
  assert.match((await cli("plugin", "rm", "quiet")).stdout, /^removed quiet 1\.0\.0/);
  assert.equal((await cli("plugin", "list")).stdout, "");
  const again = await cli("plugin", "rm", "quiet");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^guidestar: .*quiet/);
});

test("what the daemon does not have yet or does not know is one line, with exit code 1", async (t) => {
  const { address } = await startServer(t);
  const policy = join(temporaryDirectory(t), "p.yaml");
  writeFileSync(
    policy,
    "apiVersion: isovalent.com/v1alpha1\nmetadata:\n  name: p\nspec: {kprobes: [{call: x}]}\n",
  );
  for (const args of [
    ["sensors", "enable", "x"],
    ["sensors", "disable", "x"],
    ["sensors", "rm", "x"],
    ["sensors", "config", "x"],
    ["stacktrace-tree", "print", "x"],
    ["tracingpolicy", "add", policy],
  ]) {
    const { code, stdout, stderr } = await run([...args, "--server-address", address]);
    assert.deepEqual([code, stdout], [1, ""], args.join(" "));
    assert.match(stderr, /^guidestar: .+\n$/, args.join(" "));
  }
});

test("events flow, what the kernel lost is told, and the daemon's end is the end", async (t) => {
  const { address, port } = await startServer(t);
  const running = start(["getevents", "--server-address", address, "-e", "PROCESS_EXEC"]);
  await until(() => port.feeds.size === 1);
  assert.deepEqual([...port.feeds.values()][0]?.allow[0]?.eventSet, [5]);
  port.deliver(() => frames(execs(1, 3)));
  port.deliver(() => frames(execs(4, 2), 17));
  port.end();
  const { code, stdout, stderr } = await running.outcome;
  assert.equal(code, 0);
  const sequences = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).sequence);
  assert.deepEqual(sequences, ["1", "2", "3", "4", "5"]);
  assert.equal(
    stderr,
    "guidestar: 17 events LOST here: 17 because the kernel's ring buffer was full\n",
  );
});

test("TLS works with certificates on both sides", async (t) => {
  const pem = (name: string) =>
    fileURLToPath(new URL(`../../../../test/host/api/tls/${name}`, import.meta.url));
  const { address } = await startServer(t, {
    listen: ["localhost:0"],
    tls: {
      certFile: pem("server.crt"),
      keyFile: pem("server.key"),
      clientCaFile: pem("ca.crt"),
    },
  });
  const tls = ["--tls-ca", pem("ca.crt"), "--tls-cert", pem("client.crt")];
  const flags = [...tls, "--tls-key", pem("client.key"), "--server-address", address];
  const { code, stdout, stderr } = await run(["version", ...flags]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^server version: 1\.2\.3\n/);
  const without = await run(["version", "--tls-ca", pem("ca.crt"), "--server-address", address]);
  assert.equal(without.code, 1);
});
