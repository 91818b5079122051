/** The daemon without a scope, as it runs on a node: every process of the system. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { toNumber } from "../../../host/api/numbers.js";
import type { fgs } from "../../../proto/generated/api.js";
import { start } from "../../host/cli/support/run.js";
import { collect, startTestDaemon } from "../../support/daemon.js";

const workload = (name: string) =>
  fileURLToPath(new URL(`../../bpf/core/workloads/${name}`, import.meta.url));
const execOf = ({ process_exec }: fgs.GetEventsResponse) => process_exec;

/** Collects events until a process that carries the mark has come and gone. */
async function eventsDuring(
  t: TestContext,
  action: () => void,
  config: Parameters<typeof startTestDaemon>[1] = {},
) {
  const { connect } = await startTestDaemon(t, config);
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const mark = `end-${Math.random()}`;
  const collecting = collect(stream, (event) => event.process_exec?.process?.arguments === mark);
  action();
  spawnSync(workload("nop"), [mark]);
  const events = await collecting;
  return { events, status: await client.node.getStatus() };
}

test("5,000 processes anywhere in the system: every exec and exit, each once, none lost", async (t) => {
  const count = 5000;
  const { events, status } = await eventsDuring(t, () => {
    spawnSync(workload("swarm"), [String(count), "16", workload("nop")], { stdio: "ignore" });
  });
  assert.equal(toNumber(status.pipeline?.lost_ring ?? -1), 0);
  const mine = events.filter(
    (event) =>
      (event.process_exec ?? event.process_exit)?.parent?.binary === workload("swarm") &&
      (event.process_exec ?? event.process_exit)?.process?.binary === workload("nop"),
  );
  const execs = new Map<string, number>();
  const exits = new Map<string, number>();
  for (const { process_exec, process_exit } of mine) {
    const one = process_exec ?? process_exit;
    const counts = process_exec ? execs : exits;
    const id = one?.process?.exec_id ?? "";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  assert.equal(execs.size, count);
  assert.equal(exits.size, count);
  assert.ok([...execs.values(), ...exits.values()].every((times) => times === 1));
});

test("processes that were there before are known, init and the kernel among them", async (t) => {
  const { events } = await eventsDuring(t, () => {
    spawnSync("sh", ["-c", "true; true"]);
  });
  const shell = events.map(execOf).find((exec) => exec?.process?.binary?.endsWith("/sh"));
  assert.equal(shell?.parent?.pid?.value, process.pid);
  assert.match(shell?.parent?.binary ?? "", /node$/);
  assert.match(shell?.parent?.flags ?? "", /procFS/);
});

test("a cgroup scope shows what is in the cgroup and below, and nothing else", async (t) => {
  const cgroup = "/sys/fs/cgroup/guidestar-test";
  mkdirSync(`${cgroup}/inner`, { recursive: true });
  const into = (path: string, name: string) =>
    spawnSync("sh", ["-c", `echo $$ > ${path}/cgroup.procs; exec ${workload("nop")} ${name}`]);
  const { connect } = await startTestDaemon(t, { scope: { kind: "cgroup", path: cgroup } });
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const collecting = collect(stream, (event) => event.process_exit?.process?.arguments === "last");
  into("/sys/fs/cgroup", "outside");
  into(cgroup, "inside");
  into(`${cgroup}/inner`, "below");
  into(cgroup, "last");
  const names = (await collecting).flatMap((event) => execOf(event)?.process?.arguments ?? []);
  assert.deepEqual(names, ["inside", "below", "last"]);
});

test("capabilities and namespaces are told when asked for", async (t) => {
  const { events } = await eventsDuring(
    t,
    () => {
      spawnSync("unshare", ["--uts", workload("nop"), "elsewhere"]);
    },
    { processCred: true, processNs: true },
  );
  const elsewhere = events.map(execOf).find((exec) => exec?.process?.arguments === "elsewhere");
  const { ns, cap } = elsewhere?.process ?? {};
  assert.equal(ns?.uts?.is_host ?? false, false);
  assert.equal(ns?.mnt?.is_host, true);
  assert.equal(ns?.pid?.is_host, true);
  assert.ok(cap?.effective?.includes(21), "root holds CAP_SYS_ADMIN");
});

test("what a whole system does is recorded and played again, event by event", async (t) => {
  const folder = "/tmp/guidestar-recording";
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/system.rec.gz`;
  const recorder = start(["record", file]);
  await recorder.seen("stderr", /recording into/);
  writeFileSync(`${folder}/script`, "for i in 1 2 3 4 5; do true | cat; uname; done\n");
  spawnSync("sh", [`${folder}/script`]);
  recorder.child.kill("SIGINT");
  const { code, stderr } = await recorder.outcome;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /none lost/);
  const { connect } = await startTestDaemon(t, { source: `recording:${file}?speed=max` });
  const events = await collect((await connect()).sensors.getEvents());
  const unames = events.filter((event) => execOf(event)?.process?.binary?.endsWith("/uname"));
  assert.equal(unames.length, 5);
});
