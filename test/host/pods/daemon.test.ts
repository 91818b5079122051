/** Pods as a client of the daemon sees them: a recording with containers in it, and a runtime that tells of them. */
import assert from "node:assert/strict";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import type { fgs } from "../../../proto/generated/api.js";
import { collect, startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { run } from "../cli/support/run.js";
import { type FakeCriOptions, startFakeCri } from "./fakeCri.js";
import { idOf } from "./support.js";

const [web, ghost, sandbox] = [idOf("web"), idOf("ghost"), idOf("sandbox")];
const runtime: FakeCriOptions = {
  containers: { [web]: { sandboxId: sandbox, name: "nginx" } },
  sandboxes: { [sandbox]: { namespace: "shop", name: "web-0", labels: { app: "web" } } },
};
const perKind = 200;

/** One process in three is on the host, one in a pod, one in a container that nobody knows. */
const cgroupName = (i: number) =>
  ["user.slice", `cri-containerd-${web}.scope`, `cri-containerd-${ghost}.scope`][i % 3] as string;

async function eventsWith(t: TestContext, options: FakeCriOptions, waitMs: number) {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "containers.rec");
  writeSyntheticRecording(file, { processes: 3 * perKind, cgroupName });
  const socket = path.join(folder, "cri.sock");
  const server = await startFakeCri(socket, options);
  t.after(() => server.stop());
  const { connect, address } = await startTestDaemon(t, {
    source: `recording:${file}?speed=max`,
    containers: { endpoints: [{ kind: "cri", path: socket }], waitMs },
  });
  const client = await connect();
  const events = await collect(client.sensors.getEvents());
  const status = await client.node.getStatus();
  return { events, status, address };
}

const processOf = (event: fgs.GetEventsResponse) =>
  (event.process_exec ?? event.process_exit)?.process;

function checkOrder(events: readonly fgs.GetEventsResponse[]) {
  assert.equal(events.length, 1 + 2 * 3 * perKind);
  assert.deepEqual(
    events.map((event) => toNumber(event.sequence)),
    events.map((_, i) => i + 1),
    "numbers are in the order of delivery",
  );
  const seen = new Map<string, string>();
  for (const event of events) {
    const id = processOf(event)?.exec_id ?? "";
    const kind = event.process_exec ? "exec" : "exit";
    assert.equal(seen.get(id), kind === "exec" ? undefined : "exec", "exec, then exit");
    seen.set(id, kind);
  }
}

test("events of a pod's processes carry it, in order; those of others do not", async (t) => {
  const { events, status, address } = await eventsWith(t, runtime, 2000);
  checkOrder(events);
  const inWeb = events.filter((event) => web.startsWith(processOf(event)?.docker || "none"));
  assert.equal(inWeb.length, 2 * perKind);
  for (const event of inWeb) {
    const { namespace, name, labels, container } = processOf(event)?.pod ?? {};
    assert.deepEqual([namespace, name, labels], ["shop", "web-0", ["app=web"]]);
    assert.deepEqual(
      [container?.id, container?.name, container?.image?.name],
      [`containerd://${web}`, "nginx", "docker.io/shop/web:1"],
    );
    assert.equal(toNumber(container?.start_time?.seconds ?? 0), 1_700_000);
  }
  const others = events.filter((event) => !inWeb.includes(event));
  assert.ok(others.every((event) => !processOf(event)?.pod));
  const { containers } = status;
  assert.equal(containers?.runtime, true);
  assert.equal(toNumber(containers?.known ?? 0), 1);
  assert.equal(toNumber(containers?.misses ?? 0), 2);
  assert.equal(toNumber(containers?.timeouts ?? 0), 1, "the one that nobody knows");
  assert.ok(toNumber(containers?.unknown ?? 0) > 1, "it was asked for more than once");
  assert.equal(toNumber(containers?.held ?? -1), 0);
  const { stdout } = await run(["--server-address", address, "status"]);
  assert.match(stdout, /Containers: +runtime there, 1 known, /);
  assert.match(stdout, /Pods: .* 1 timeout, 0 because too many waited/);
});

test("a runtime that hangs: every event comes all the same, in order, without pods", async (t) => {
  const { events, status } = await eventsWith(t, { ...runtime, instead: () => "hang" }, 300);
  checkOrder(events);
  assert.ok(events.every((event) => !processOf(event)?.pod));
  assert.equal(toNumber(status.containers?.timeouts ?? 0), 2);
  assert.equal(
    toNumber(status.containers?.released_late ?? 0),
    toNumber(status.containers?.held_total ?? -1),
  );
});

test("a runtime that is slow: events wait for it, and those on the host do not", async (t) => {
  let answer: (() => void) | undefined;
  const folder = temporaryFolder(t);
  const file = path.join(folder, "containers.rec");
  writeSyntheticRecording(file, { processes: 3 * perKind, cgroupName });
  const socket = path.join(folder, "cri.sock");
  const server = await startFakeCri(socket, {
    ...runtime,
    gate: new Promise((resolve) => {
      answer = () => resolve();
    }),
  });
  t.after(() => server.stop());
  const { connect } = await startTestDaemon(t, {
    source: `recording:${file}?speed=max`,
    containers: { endpoints: [{ kind: "cri", path: socket }], waitMs: 60_000 },
  });
  const client = await connect();
  const onHost = 1 + 2 * perKind;
  let count = 0;
  const stream = client.sensors.getEvents();
  for await (const event of stream) {
    assert.equal(processOf(event)?.docker ?? "", "");
    if (++count === onHost) break;
  }
  const { containers, pipeline } = await client.node.getStatus();
  assert.equal(toNumber(containers?.held ?? 0), 4 * perKind);
  assert.equal(toNumber(pipeline?.sequence ?? 0), onHost);
  const rest = client.sensors.getEvents({
    allow_list: [{ namespace: ["shop"] }],
  });
  await rest.ready;
  answer?.();
  const late = await collect(rest, (_, count) => count === 2 * perKind);
  assert.ok(late.every((event) => processOf(event)?.pod?.name === "web-0"));
});

test("nobody is asked unless the daemon is told to", async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "containers.rec");
  writeSyntheticRecording(file, { processes: 3, cgroupName });
  const { connect } = await startTestDaemon(t, {
    source: `recording:${file}?speed=max`,
    containers: { endpoints: undefined, waitMs: 1000 },
  });
  const client = await connect();
  assert.equal((await collect(client.sensors.getEvents())).length, 7);
  assert.equal((await client.node.getStatus()).containers, null);
});

test("a policy for certain pods tells of their processes only; the others are counted", async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "containers.rec");
  const hook = {
    kind: "syscall",
    functionName: "sys_x",
    args: [{ type: "u64", index: 0 }],
    tags: [],
  } as const;
  const labelled = { key: "app", operator: "In", values: ["web"] } as const;
  const named = { key: "name", operator: "NotIn", values: ["sidecar"] } as const;
  writeSyntheticRecording(file, {
    processes: 3 * perKind,
    cgroupName,
    hooks: [
      { ...hook, hook: 1, policy: "all" },
      { ...hook, hook: 2, policy: "web", pods: { pod: [labelled], container: [named] } },
      { ...hook, hook: 3, policy: "shop", pods: { namespace: "shop", pod: [], container: [] } },
      { ...hook, hook: 4, policy: "other", pods: { namespace: "other", pod: [], container: [] } },
    ],
  });
  const socket = path.join(folder, "cri.sock");
  const server = await startFakeCri(socket, runtime);
  t.after(() => server.stop());
  const { connect, daemon } = await startTestDaemon(t, {
    source: `recording:${file}?speed=max`,
    containers: { endpoints: [{ kind: "cri", path: socket }], waitMs: 2000 },
  });
  const events = await collect((await connect()).sensors.getEvents());
  const calls = events.flatMap(({ process_kprobe }) => (process_kprobe ? [process_kprobe] : []));
  const of = (policy: string) => calls.filter(({ policy_name }) => policy_name === policy);
  assert.deepEqual(
    ["all", "web", "shop", "other"].map((policy) => of(policy).length),
    [3 * perKind, perKind, perKind, 0],
  );
  for (const { process } of [...of("web"), ...of("shop")])
    assert.equal(process?.pod?.name, "web-0");
  const { hooks } = await daemon.pipeline.status();
  assert.deepEqual(
    hooks.map(({ elsewhere }) => elsewhere),
    [0, 2 * perKind, 2 * perKind, 3 * perKind],
  );
});
