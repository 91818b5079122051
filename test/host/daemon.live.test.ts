/** The daemon on live kernel events of process trees that these tests start, and of nothing else. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { toNumber } from "../../host/api/numbers.js";
import { type Launched, launchWaiting } from "../../host/launch.js";
import type { fgs } from "../../proto/generated/api.js";
import { collect, startTestDaemon, type TestDaemon } from "../support/daemon.js";

const inBuild = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const workload = (name: string) => inBuild(`test/bpf/core/workloads/${name}`);
const example = (name: string) => readFileSync(inBuild(`plugins/examples/${name}.wasm`));

async function traced(
  t: TestContext,
  command: readonly string[],
  config: Parameters<typeof startTestDaemon>[1] = {},
) {
  const launched = await launchWaiting(command, ["ignore", "ignore", "inherit"]);
  t.after(() => launched.kill("SIGKILL"));
  const scope = { kind: "tree", rootPids: [launched.pid], spawned: true } as const;
  return { launched, ...(await startTestDaemon(t, { ...config, scope })) };
}

/** Everything up to the exit of the traced command. */
async function eventsOf({ launched, connect }: TestDaemon & { launched: Launched }) {
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  launched.release();
  const events = await collect(
    stream,
    ({ process_exit }) => process_exit?.process?.pid?.value === launched.pid,
  );
  const { pipeline } = await client.node.getStatus();
  return { events, pipeline };
}

const execsIn = (events: readonly fgs.GetEventsResponse[]) =>
  events.flatMap(({ process_exec }) => (process_exec ? [process_exec] : []));
const exitsIn = (events: readonly fgs.GetEventsResponse[]) =>
  events.flatMap(({ process_exit }) => (process_exit ? [process_exit] : []));

test("5,000 processes as fast as they start: every exec and exit, each once, none lost", async (t) => {
  const count = 5000;
  const command = [workload("swarm"), String(count), "8", workload("nop")];
  const run = await traced(t, command);
  const { events, pipeline } = await eventsOf(run);
  assert.equal(toNumber(pipeline?.lost_ring ?? -1), 0);
  assert.equal(toNumber(pipeline?.malformed ?? -1), 0);

  const execs = execsIn(events).filter(({ process }) => process?.binary === workload("nop"));
  assert.equal(execs.length, count);
  const numbers = execs.map(({ process }) => Number(process?.arguments));
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
  const swarm = execsIn(events).find(({ process }) => process?.binary === workload("swarm"));
  for (const { parent } of execs)
    assert.equal(parent?.exec_id, swarm?.process?.exec_id, "the swarm is the parent");

  const exits = exitsIn(events).filter(({ process }) => process?.binary === workload("nop"));
  assert.equal(exits.length, count);
  const ended = new Map(exits.map((exit) => [exit.process?.exec_id, exit]));
  assert.equal(ended.size, count, "each process ends once");
  for (const { process } of execs) {
    const exit = ended.get(process?.exec_id ?? "");
    assert.equal(exit?.status, Number(process?.arguments) % 256);
  }
});

test("processes whose end a small ring lost are forgotten all the same, and counted", async (t) => {
  const command = [workload("swarm"), "3000", "64", workload("nop")];
  const run = await traced(t, command, { ringBytes: 4096, sweepEveryMs: 500 });
  const client = await run.connect();
  run.launched.release();
  await run.launched.exited;
  const { pipeline } = await client.node.getStatus();
  assert.ok(toNumber(pipeline?.lost_ring ?? 0) > 0, "the ring was too small");
  for (const deadlineMs = Date.now() + 60_000; ; await sleep(100)) {
    const { process_cache: cache } = await client.node.getStatus();
    const [size, swept] = [toNumber(cache?.size ?? 0), toNumber(cache?.swept ?? 0)];
    // Left is who started it.
    if (swept > 0 && size <= 1) break;
    assert.ok(Date.now() < deadlineMs, `cache of ${size}, ${swept} swept`);
  }
});

test("the first exec shows who started it, and nothing outside the tree is seen", async (t) => {
  const run = await traced(t, ["/bin/sh", "-c", "/bin/true; exit 3"]);
  const { events } = await eventsOf(run);
  const [shell] = execsIn(events);
  assert.equal(shell?.process?.binary, "/bin/sh");
  assert.equal(shell?.process?.pid?.value, run.launched.pid);
  assert.equal(shell?.parent?.pid?.value, process.pid);
  assert.equal(exitsIn(events).at(-1)?.status, 3);
  const pids = new Set(execsIn(events).map((exec) => exec.process?.pid?.value));
  const parents = new Set(execsIn(events).map((exec) => exec.parent?.pid?.value));
  parents.delete(process.pid);
  for (const parent of parents) assert.ok(pids.has(parent), `${parent} is no part of the tree`);
});

test("plugins uploaded over gRPC drop and annotate live events, and the counts add up", async (t) => {
  const script = 'for i in 1 2 3; do dpkg --version; sh -c "uname; true"; done';
  const run = await traced(t, [
    process.execPath,
    "-e",
    `require("child_process").spawnSync("sh", ["-c", ${JSON.stringify(script)}])`,
  ]);
  const client = await run.connect();
  await client.plugins.upload(example("package-noise"));
  await client.plugins.upload(example("server-shell"));
  const { events, pipeline } = await eventsOf(run);
  const binaries = execsIn(events).map(({ process }) => process?.binary ?? "");
  assert.ok(binaries.some((binary) => binary.endsWith("/uname")));
  assert.ok(!binaries.some((binary) => binary.endsWith("/dpkg")), "dpkg is noise");
  const flagged = events.filter((event) => Object.keys(event.annotations).length > 0);
  assert.ok(flagged.length > 0, "a shell below node is flagged");
  const [seen, kept, dropped] = [pipeline?.seen, pipeline?.kept, pipeline?.dropped].map((n) =>
    toNumber(n ?? -1),
  ) as [number, number, number];
  assert.equal(seen, kept + dropped);
  assert.equal(kept, events.length);
  assert.ok(dropped >= 6, `${dropped} dropped`);
});

test("a stream opened later gets nothing from before", async (t) => {
  const run = await traced(t, ["/bin/sh", "-c", "true; read _ < /dev/null; exec true"]);
  run.launched.release();
  await run.launched.exited;
  const client = await run.connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const nothing = Promise.race([
    collect(stream, () => true),
    new Promise<[]>((resolve) => setTimeout(() => resolve([]), 600)),
  ]);
  assert.equal((await nothing).length, 0);
  stream.cancel();
});
