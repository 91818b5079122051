/** The export as the command line starts it, on a recording. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { until } from "../api/harness.js";
import { linesIn, range, sequencesByFile, sequencesIn } from "../export/harness.js";
import { run, start } from "./support/run.js";

/** The shell's exec, then exec and exit of each process. */
const totalOf = (processes: number) => 2 * processes + 1;

async function daemon(
  t: TestContext,
  { processes = 400, rate = 600, flags = (_file: string): readonly string[] => [] },
) {
  const folder = temporaryFolder(t);
  const recording = join(folder, "some.rec");
  writeSyntheticRecording(recording, { processes });
  const socket = join(folder, "g.sock");
  const out = join(folder, "out");
  mkdirSync(out);
  const file = join(out, "events.json");
  const running = start([
    ...["daemon", "--listen", `unix://${socket}`, "--node-name", "n"],
    ...["--source", `recording:${recording}?rate=${rate}`, "--export-filename", file],
    ...flags(file),
  ]);
  t.after(() => running.child.kill("SIGKILL"));
  const cli = (...args: string[]) => run([...args, "--server-address", `unix://${socket}`]);
  const ended = () => running.seen("stderr", /the source has ended/);
  const stop = async () => {
    running.child.kill("SIGTERM");
    const outcome = await running.outcome;
    assert.equal(outcome.code, 0, outcome.stderr);
    return outcome.stderr;
  };
  return { ...running, out, file, socket, cli, ended, stop };
}

test("every event of the source is in the file, as getevents prints it, and status counts it", async (t) => {
  const { file, cli, ended, stop, seen } = await daemon(t, { processes: 1500 });
  await seen("stderr", /listening/);
  const printed = await cli("getevents", "-o", "json");
  await ended();
  const { stdout } = await cli("status");
  assert.match(
    stdout,
    new RegExp(`^Export: +${file}: [\\d,]+ events written, \\d+ waiting; lost 0 `, "m"),
  );
  assert.equal(await stop().then((log) => /LOST/.test(log)), false);
  assert.deepEqual(sequencesIn(file), range(1, totalOf(1500)));
  const exported = readFileSync(file, "utf8").split("\n");
  const lines = printed.stdout.trimEnd().split("\n");
  assert.ok(lines.length > 1, printed.stderr);
  assert.deepEqual(lines, exported.slice(-1 - lines.length, -1));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("the lists say which events are written, the rate limit how many, the mode who may read them", async (t) => {
  const { file, ended, stop } = await daemon(t, {
    flags: (file) => {
      writeFileSync(`${file}.allow`, '{"event_set":["PROCESS_EXEC"],"binary_regex":["tool-"]}');
      return [
        ...["--export-allowlist", `@${file}.allow`],
        ...["--export-denylist", '{"binary_regex":["tool-[0-9]$"]}{"pid":[1010]}'],
        ...["--export-rate-limit", "20", "--export-file-perm", "0644"],
      ];
    },
  });
  await ended();
  await stop();
  const lines = linesIn(file);
  const pids = lines.slice(0, 20).map((line) => line.process_exec?.process.pid);
  assert.deepEqual(pids, range(1011, 1030));
  const info = lines.at(-1);
  assert.deepEqual(Object.keys(info ?? {}), ["rate_limit_info", "node_name", "time"]);
});

test("SIGHUP and a renamed file: each event is in one of the two", async (t) => {
  const { file, child, ended, stop, seen } = await daemon(t, {});
  await seen("stderr", /listening/);
  await until(() => sequencesIn(file).length > 10);
  renameSync(file, `${file}.1`);
  child.kill("SIGHUP");
  await until(() => existsSync(file));
  await ended();
  await stop();
  const [first, second] = [sequencesIn(`${file}.1`), sequencesIn(file)];
  assert.ok(first.length > 0 && second.length > 0);
  assert.deepEqual([...first, ...second], range(1, totalOf(400)));
});

test("rotation and compression are as the flags say", async (t) => {
  const { out, ended, stop, seen } = await daemon(t, {
    flags: () => [
      ...["--export-file-rotation-interval", "1s", "--export-file-compress"],
      ...["--export-file-max-backups", "0", "--export-file-max-size-mb", "1"],
    ],
  });
  await seen("stderr", /listening/);
  await ended();
  await until(() => readdirSync(out).length > 1);
  await stop();
  assert.deepEqual(sequencesByFile(out).flat(), range(1, totalOf(400)));
});

test("what is wrong is told in one sentence, and nothing starts", async (t) => {
  const folder = temporaryFolder(t);
  const base = ["daemon", "--listen", `unix://${folder}/s`, "--source", "recording:/none"];
  const file = join(folder, "x.json");
  const usage = await run([...base, "--export-filename", file, "--export-rate-limit", "x"]);
  const text = "guidestar: --export-rate-limit takes a whole number from 0 or -1, not x\n";
  assert.deepEqual([usage.code, usage.stderr], [2, text]);
  assert.ok(!existsSync(file));
  const noFolder = await run([...base, "--export-filename", join(folder, "no/x.json")]);
  assert.equal(noFolder.code, 1);
  assert.match(noFolder.stderr, /^guidestar: cannot export to .*no\/x\.json: ENOENT.*\n$/);
});
