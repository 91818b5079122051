/** The command line on live events, as a user would call it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../support/daemon.js";
import { run, start } from "./support/run.js";

const example = (name: string) =>
  fileURLToPath(new URL(`../../../plugins/examples/${name}.wasm`, import.meta.url));

test("run traces a command, leaves its output alone and exits as it does", async () => {
  const { code, stdout, stderr } = await run([
    "run",
    "--",
    "sh",
    "-c",
    "echo hello; ls /; exit 42",
  ]);
  assert.equal(code, 42);
  assert.match(stdout, /^hello\n/);
  assert.doesNotMatch(stdout, /process|exit/);
  assert.match(stderr, /🚀 process \S+ \S*\/ls \/\n/);
  assert.match(stderr, /💥 exit {4}\S+ \S*\/sh .* 42\n$/);
});

test("run puts events through plugins, in order", async () => {
  const { code, stderr } = await run([
    "run",
    "-o",
    "json",
    "--plugin",
    example("package-noise"),
    example("server-shell"),
    "--",
    process.execPath,
    "-e",
    'require("child_process").spawnSync("sh", ["-c", "dpkg --version; true"])',
  ]);
  assert.equal(code, 0);
  const events = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const binaries = events.map((event) => (event.process_exec ?? event.process_exit).process.binary);
  assert.ok(!binaries.some((binary) => binary.endsWith("/dpkg")));
  assert.ok(events.some((event) => event.annotations && event.process_exec));
});

test("run says what is wrong with a plugin or a command, and runs nothing", async () => {
  const noPlugin = await run(["run", "--plugin", "/does/not/exist.wasm", "--", "true"]);
  assert.equal(noPlugin.code, 1);
  assert.match(noPlugin.stderr, /cannot read the plugin \/does\/not\/exist\.wasm/);
  const wrong = await run(["run", "--plugin", process.execPath, "--", "echo", "ran"]);
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stdout, "");
  const missing = await run(["run", "--", "/does/not/exist"]);
  assert.equal(missing.code, 127);
});

test("a recording of a command plays the same events without the kernel", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec.gz");
  const recorded = await run(["record", file, "--", "sh", "-c", "uname -r; true; exit 7"]);
  assert.equal(recorded.code, 7);
  assert.match(recorded.stderr, /\d+ records in .*, none lost/);
  const address = `unix://${path.dirname(file)}/g.sock`;
  const daemon = start(["daemon", "--source", `recording:${file}?speed=max`, "--listen", address]);
  await daemon.seen("stderr", /listening on/);
  const { stdout, code } = await run(["--server-address", address, "getevents", "-o", "compact"]);
  daemon.child.kill("SIGTERM");
  assert.equal(code, 0);
  assert.match(stdout, /uname -r\n/);
  assert.match(stdout, /sh -c "uname -r; true; exit 7" 7\n$/);
  assert.equal((await daemon.outcome).code, 0);
});

test("the daemon serves a scoped tree, and stops cleanly on SIGTERM", async (t) => {
  const folder = temporaryFolder(t);
  const address = `unix://${folder}/g.sock`;
  const daemon = start(["daemon", "--listen", address, "--scope-pid", String(process.pid)]);
  await daemon.seen("stderr", /listening on/);
  const events = start([
    "--server-address",
    address,
    "getevents",
    "-o",
    "json",
    "--process",
    "uname",
  ]);
  // Nobody tells when the stream is open: again and again, until one is seen.
  const again = setInterval(() => execFileSync("uname", ["-r"]), 300);
  await events.seen("stdout", /uname/).finally(() => clearInterval(again));
  const status = await run(["--server-address", address, "status"]);
  assert.match(status.stdout, /^Health Status: running\n/);
  assert.match(status.stdout, new RegExp(`tree ${process.pid}`));
  const pushed = await run([
    "--server-address",
    address,
    "plugin",
    "push",
    example("package-noise"),
  ]);
  assert.match(pushed.stdout, /pushed .*package-noise/);
  const listed = await run(["--server-address", address, "plugin", "list"]);
  assert.match(listed.stdout, /package-noise/);
  daemon.child.kill("SIGTERM");
  assert.equal((await daemon.outcome).code, 0);
  assert.equal(existsSync(`${folder}/g.sock`), false, "the socket is gone");
  assert.match((await events.outcome).stderr, /stopping/);
});
