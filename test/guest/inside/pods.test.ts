/** Pods of real containers: containerd and runc from Debian's packages, found by their usual socket. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import { lastApplied } from "../../../host/pods/probes.js";
import type { fgs } from "../../../proto/generated/api.js";
import { collect, startTestDaemon } from "../../support/daemon.js";
import { Containerd, type PodSpec } from "./podsRuntime.js";

const image = "guidestar.test/tool:1";
const probe = ["cat", "/bin/busybox"];
const pod: PodSpec = {
  namespace: "shop",
  name: "web-0",
  labels: { tier: "front", app: "web" },
  annotations: {
    [lastApplied]: JSON.stringify({
      kind: "Pod",
      spec: { containers: [{ name: "nginx", livenessProbe: { exec: { command: probe } } }] },
    }),
  },
  container: "nginx",
  image,
  command: ["/bin/sh", "-c", "while :; do /bin/true tick; /bin/sleep 1; done"],
};
/** Emulation is slow, and so is the first pod. */
const containers = { endpoints: undefined, waitMs: 20_000 };

const containerd = new Containerd();
let running: { sandboxId: string; containerId: string };

/** Takes a while, in which the daemon can start as well. */
const ready = (async () => {
  await containerd.start();
  containerd.importImages("guidestar.test/pause:1", image);
})();
ready.catch(() => {});

after(async () => {
  if (running) await containerd.call("StopPodSandbox", { pod_sandbox_id: running.sandboxId });
  await containerd.close();
});

const processOf = (event: fgs.GetEventsResponse) =>
  (event.process_exec ?? event.process_exit)?.process;
const isTick = (event: fgs.GetEventsResponse) => processOf(event)?.arguments === "tick";

function checkPod(process: fgs.Process.$Properties | null | undefined) {
  const { namespace, name, labels, container } = process?.pod ?? {};
  assert.deepEqual([namespace, name, labels], ["shop", "web-0", ["app=web", "tier=front"]]);
  assert.equal(container?.id, `containerd://${running.containerId}`);
  assert.equal(container?.name, "nginx");
  assert.equal(container?.image?.name, image);
  assert.match(container?.image?.id ?? "", /sha256:[0-9a-f]{64}$/);
  assert.equal(process?.docker, running.containerId.slice(0, 31));
  const startedMs = toNumber(container?.start_time?.seconds ?? 0) * 1000;
  assert.ok(Math.abs(startedMs - Date.now()) < 600_000, `started ${new Date(startedMs)}`);
}

test("a pod that is started while we watch: its first process has it already", async (t) => {
  const { connect } = await startTestDaemon(t, { containers });
  const client = await connect();
  await ready;
  const stream = client.sensors.getEvents();
  await stream.ready;
  const collecting = collect(stream, (event) => Boolean(event.process_exit) && isTick(event));
  running = await containerd.runPod(pod);
  const events = await collecting;
  const execs = events.flatMap(({ process_exec }) => process_exec?.process ?? []);
  const shell = execs.find((process) => process.arguments?.includes("while :"));
  checkPod(shell);
  assert.equal(shell?.pod?.container?.pid?.value, 1, "its pid in the container");
  checkPod(execs.find((process) => process.arguments === "tick"));
  const pause = execs.find((process) => process.docker === running.sandboxId.slice(0, 31));
  assert.equal(pause?.pod?.name, "web-0");
  assert.equal(pause?.pod?.container?.id, `containerd://${running.sandboxId}`);
  const shim = execs.find((process) => process.binary?.endsWith("/containerd-shim-runc-v2"));
  assert.ok(shim);
  assert.equal(shim.pod, null, "the shim is on the host");
  const order = events.map((event) => toNumber(event.sequence));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  const status = await client.node.getStatus();
  assert.equal(toNumber(status.containers?.known ?? 0), 2);
  assert.equal(toNumber(status.containers?.timeouts ?? -1), 0);
});

test("a pod that was there before, and a containerd that comes only later", async (t) => {
  await containerd.kill();
  const { connect } = await startTestDaemon(t, { containers: { ...containers, waitMs: 500 } });
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  let back: Promise<void> | undefined;
  let without = 0;
  const ticks = await collect(stream, (event) => {
    if (!event.process_exec || !isTick(event)) return false;
    if (processOf(event)?.pod) return true;
    if (++without === 3) back = containerd.start();
    return false;
  });
  await back;
  assert.ok(without >= 3, "events came while nobody could tell of the pod");
  checkPod(processOf(ticks.at(-1) as fgs.GetEventsResponse));
  const { containers: counts } = await client.node.getStatus();
  assert.ok(toNumber(counts?.failures ?? 0) > 0);
  assert.ok(toNumber(counts?.timeouts ?? 0) > 0);

  const isLast = ({ process_exec }: fgs.GetEventsResponse) =>
    process_exec?.process?.arguments === "last";
  const filtered = async (...allow_list: fgs.Filter.$Properties[]) => {
    const stream = client.sensors.getEvents({ allow_list });
    await stream.ready;
    return { events: collect(stream, isLast) };
  };
  const { containerId } = running;
  const lastOnly = { arguments_regex: ["^last$"] };
  const wanted: readonly fgs.Filter.$Properties[] = [
    { pod_regex: ["^web-\\d$"] },
    { namespace_regex: ["^sh"] },
    { container_name_regex: ["^nginx$"] },
    { labels: ["tier=front,app in (web, db)"] },
    { container_id: [containerId.slice(0, 12)] },
    { container_id: [containerId] },
    { in_init_tree: { value: false }, namespace: ["shop"] },
  ];
  const unwanted: readonly fgs.Filter.$Properties[] = [
    { pod_regex: ["^db"] },
    { namespace: ["kube-system"] },
    { labels: ["tier!=front", "app=db"] },
    { container_id: [`${containerId.slice(0, 63)}x`] },
    { container_id: [running.sandboxId], binary_regex: ["uname"] },
    { in_init_tree: { value: true }, binary_regex: ["uname"] },
  ];
  const inShop = await filtered({ namespace: ["shop"] });
  const alike = await Promise.all(wanted.map((filter) => filtered(filter)));
  const others = await Promise.all(unwanted.map((filter) => filtered(filter, lastOnly)));
  await Promise.all(
    [["/bin/uname", "-a"], probe].map((command) => containerd.exec(containerId, command)),
  );
  await containerd.exec(containerId, ["/bin/true", "last"]);
  const execs = (await inShop.events).flatMap(({ process_exec }) => process_exec?.process ?? []);
  const of = (end: string) => execs.find(({ binary }) => binary?.endsWith(end));
  checkPod(of("/uname"));
  assert.equal(of("/uname")?.pod?.container?.maybe_exec_probe, false);
  assert.equal(of("/cat")?.pod?.container?.maybe_exec_probe, true, "the probe's command is told");
  for (const [i, { events }] of alike.entries()) {
    const all = await events;
    const names = all.flatMap(({ process_exec }) => process_exec?.process?.binary ?? []);
    const what = JSON.stringify(wanted[i]);
    assert.ok(names.some((name) => name.endsWith("/uname")) && names.length > 2, what);
    for (const event of all) checkPod(processOf(event));
  }
  for (const [i, { events }] of others.entries())
    assert.deepEqual(
      (await events).map((event) => processOf(event)?.arguments),
      ["last"],
      JSON.stringify(unwanted[i]),
    );
});

/** What is opened below /etc. */
const opened = (name: string, kind: string, spec = "", namespace = "") => `
apiVersion: cilium.io/v1alpha1
kind: ${kind}
metadata: {name: ${name}${namespace}}
spec:${spec}
  kprobes:
  - call: sys_openat
    syscall: true
    args: [{index: 1, type: string}]
    selectors: [{matchArgs: [{index: 1, operator: Prefix, values: [/proc/self/]}]}]
`;
const labelled = (app: string) => `\n  podSelector: {matchLabels: {app: ${app}}}`;

test("policies of a namespace and of certain pods tell of those pods only", async (t) => {
  const { connect } = await startTestDaemon(t, { containers });
  const client = await connect();
  for (const policy of [
    opened("everywhere", "TracingPolicy"),
    opened("in-shop", "TracingPolicyNamespaced", "", ", namespace: shop"),
    opened("in-bank", "TracingPolicyNamespaced", "", ", namespace: bank"),
    opened("web", "TracingPolicy", labelled("web")),
    opened("db", "TracingPolicy", labelled("db")),
    opened(
      "nginx",
      "TracingPolicy",
      "\n  containerSelector: {matchExpressions: [{key: name, operator: In, values: [nginx]}]}",
    ),
    opened("web-in-bank", "TracingPolicyNamespaced", labelled("web"), ", namespace: bank"),
  ]) {
    await client.sensors.addTracingPolicy(policy);
  }
  const stream = client.sensors.getEvents();
  await stream.ready;
  const events = collect(stream, (event) => event.process_exec?.process?.arguments === "last");
  execFileSync("/usr/bin/cat", ["/proc/self/comm"]);
  await containerd.exec(running.containerId, ["/bin/cat", "/proc/self/stat"]);
  await containerd.exec(running.containerId, ["/bin/true", "last"]);
  const told = (await events).flatMap(({ process_kprobe: call }) => {
    const file = call?.args?.[0]?.string_arg;
    if (!call || (file !== "/proc/self/comm" && file !== "/proc/self/stat")) return [];
    if (file === "/proc/self/stat") checkPod(call.process);
    return [`${call.policy_name} ${file}`];
  });
  assert.deepEqual(told.sort(), [
    "everywhere /proc/self/comm",
    "everywhere /proc/self/stat",
    "in-shop /proc/self/stat",
    "nginx /proc/self/stat",
    "web /proc/self/stat",
  ]);
});
