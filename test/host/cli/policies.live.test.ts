/** Policies given on the command line, on the process tree of a command that this starts. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../support/daemon.js";
import { run, start } from "./support/run.js";

const moves = `metadata: {name: moves}
spec:
  kprobes:
  - call: sys_chdir
    args: [{index: 0, type: string}]
    selectors:
    - matchArgs: [{index: 0, operator: Postfix, values: [/lib]}]
`;
const command = ["--", "sh", "-c", "cd /etc; cd /usr/lib; cd /"];

/** Where the calls went, of events as JSON lines. */
function placesIn(lines: string): unknown[] {
  const events = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return events.flatMap(({ process_kprobe: call }) =>
    call ? [[call.policy_name, call.args[0].string_arg]] : [],
  );
}

test("run begins with the policies that it is given", async (t) => {
  const file = path.join(temporaryFolder(t), "moves.yaml");
  writeFileSync(file, moves);
  const { code, stderr } = await run(["run", "-o", "json", "--tracing-policy", file, ...command]);
  assert.equal(code, 0);
  assert.deepEqual(placesIn(stderr), [["moves", "/usr/lib"]]);
});

test("a policy that is wrong is told with file and place, and nothing runs", async (t) => {
  const file = path.join(temporaryFolder(t), "moves.yaml");
  writeFileSync(file, moves.replace("sys_chdir", "sys_chdri"));
  const { code, stdout, stderr } = await run([
    ...["run", "--tracing-policy", file],
    ...["--", "echo", "ran"],
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /moves\.yaml: policy, line 4, column 11: .*"sys_chdri".*did you mean "chdir"/,
  );
});

test("a recording carries what its policies told, and plays it without the kernel", async (t) => {
  const folder = temporaryFolder(t);
  const [file, recording] = [path.join(folder, "moves.yaml"), path.join(folder, "moves.rec.gz")];
  writeFileSync(file, moves);
  const recorded = await run(["record", "--tracing-policy", file, recording, ...command]);
  assert.equal(recorded.code, 0, recorded.stderr);
  const address = `unix://${folder}/g.sock`;
  const source = `recording:${recording}?speed=max`;
  const daemon = start(["daemon", "--source", source, "--listen", address]);
  await daemon.seen("stderr", /listening on/);
  const { stdout } = await run(["--server-address", address, "getevents", "-o", "json"]);
  daemon.child.kill("SIGTERM");
  await daemon.outcome;
  assert.deepEqual(placesIn(stdout), [["moves", "/usr/lib"]]);
});
