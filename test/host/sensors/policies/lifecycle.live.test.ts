/** Policies on a running daemon, scoped to a shell that this test tells where to go. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { EventStream } from "../../../../host/api/client.js";
import { toNumber } from "../../../../host/api/numbers.js";
import { fgs } from "../../../../proto/generated/api.js";
import { Gated } from "../../../bpf/core/harness.js";
import { startTestDaemon } from "../../../support/daemon.js";

const chdir = (name: string, more = "") => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ${name}}
spec:
  kprobes:
  - call: sys_chdir
    syscall: true
    message: ${name} saw it
    args:
    - {index: 0, type: string}
${more}`;

async function start(t: TestContext) {
  const shell = new Gated(["/bin/sh", "-c", "while read place; do cd $place; done"]);
  t.after(() => shell.kill());
  const scope = { kind: "tree", rootPids: [shell.pid], spawned: true } as const;
  const { connect } = await startTestDaemon(t, { scope });
  const client = await connect();
  const stream = client.sensors.getEvents({
    allow_list: [{ event_set: [fgs.EventType.PROCESS_KPROBE] }],
  });
  await stream.ready;
  shell.open();
  const go = (place: string) => shell.child.stdin?.write(`${place}\n`);
  const ended = once(shell.child, "exit").then(([, signal]) => signal as string);
  return { client, go, calls: callsOf(stream), ended };
}

/** `POLICY PLACE` of each call, as they come. */
async function* callsOf(stream: EventStream): AsyncGenerator<string> {
  for await (const { process_kprobe: call } of stream) {
    if (call) yield `${policyOf(call)} ${call.args?.[0]?.string_arg}`;
  }
}

const policyOf = (call: fgs.ProcessKprobe.$Properties): string => call.policy_name ?? "";

async function next(calls: AsyncGenerator<string>): Promise<string> {
  const { value, done } = await calls.next();
  return done ? assert.fail("the stream has ended") : value;
}

test("a policy is added, disabled, enabled and taken out while the events flow", async (t) => {
  const { client, go, calls } = await start(t);
  const { sensors, policies } = client;
  await sensors.addTracingPolicy(chdir("moves"));
  go("/usr");
  assert.equal(await next(calls), "moves /usr");
  assert.deepEqual(
    (await sensors.listSensors())
      .filter(({ name }) => name === "moves")
      .map(({ name, enabled }) => [name, enabled]),
    [["moves", true]],
  );
  await assert.rejects(sensors.addTracingPolicy(chdir("moves")), {
    code: "ALREADY_EXISTS",
    message: "sensor moves already exists",
  });
  await assert.rejects(sensors.removeSensor("moves"), {
    code: "FAILED_PRECONDITION",
    message: "sensor moves enabled, please disable it before removing",
  });

  await sensors.disableSensor("moves");
  await sensors.disableSensor("moves");
  go("/etc");
  await sensors.enableSensor("moves");
  await sensors.enableSensor("moves");
  go("/var");
  // The shell goes to the places one after the other, but not before it is let.
  const seen = await next(calls);
  assert.ok(["moves /etc", "moves /var"].includes(seen), seen);

  await sensors.disableSensor("moves");
  const [policy] = await policies.list();
  assert.equal(policy?.enabled, false);
  assert.ok(toNumber(policy?.hooks?.[0]?.posted) >= 2, "what it did before is kept");
  assert.equal(policy?.hooks?.[0]?.mechanism, "");
  await sensors.removeSensor("moves");
  assert.deepEqual(await policies.list(), []);
  for (const act of ["removeSensor", "enableSensor", "disableSensor"] as const) {
    const missing = { code: "NOT_FOUND", message: "sensor moves does not exist" };
    await assert.rejects(sensors[act]("moves"), missing, act);
  }
});

test("two policies on one function do not disturb each other", async (t) => {
  const { client, go, calls } = await start(t);
  const { sensors, policies } = client;
  await sensors.addTracingPolicy(chdir("one"));
  await sensors.addTracingPolicy(chdir("two"));
  go("/usr");
  assert.deepEqual([await next(calls), await next(calls)].sort(), ["one /usr", "two /usr"]);
  await policies.delete("one");
  go("/etc");
  go("/var");
  assert.deepEqual([await next(calls), await next(calls)], ["two /etc", "two /var"]);
  assert.deepEqual(
    (await policies.list()).map(({ name }) => name),
    ["two"],
  );
});

test("what a policy did is told: state, mechanism, calls, posted, memory, time", async (t) => {
  const { client, go, calls } = await start(t);
  await client.sensors.addTracingPolicy(chdir("moves"));
  go("/usr");
  await next(calls);
  const [policy] = await client.policies.list();
  const [hook] = policy?.hooks ?? [];
  assert.deepEqual([policy?.name, policy?.enabled, policy?.mode], ["moves", true, 1]);
  assert.match(hook?.name ?? "", /^__(x64|arm64)_sys_chdir$/);
  assert.ok(
    ["sys_enter", "fentry", "kprobe"].includes(hook?.mechanism ?? ""),
    hook?.mechanism ?? "",
  );
  assert.equal(toNumber(hook?.posted), 1);
  assert.equal(toNumber(hook?.lost), 0);
  assert.ok(toNumber(hook?.memory_bytes) > 500);
  assert.ok(toNumber(hook?.runs) > 0 && toNumber(hook?.time_ns) > 0, "the kernel counts");
});

test("selectors decide in the kernel, and what they leave out is counted", async (t) => {
  const { client, go, calls } = await start(t);
  const selective = chdir(
    "moves",
    "    selectors:\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: [/usr/]}",
  );
  await client.sensors.addTracingPolicy(selective);
  go("/etc");
  go("/usr/lib");
  assert.equal(await next(calls), "moves /usr/lib");
  const [policy] = await client.policies.list();
  const [hook] = policy?.hooks ?? [];
  assert.deepEqual([toNumber(hook?.filtered), toNumber(hook?.posted)], [1, 1]);
});

test("in monitor mode what would be done is told and not done, and the mode changes at once", async (t) => {
  const { client, go, calls, ended } = await start(t);
  const deadly = chdir("moves", "    selectors:\n    - matchActions: [{action: Sigkill}]");
  await client.sensors.addTracingPolicy(
    `${deadly}\n  options: [{name: policy-mode, value: monitor}]\n`,
  );
  go("/etc");
  assert.equal(await next(calls), "moves /etc");
  go("/usr");
  assert.equal(await next(calls), "moves /usr", "it lives");
  assert.equal((await client.policies.list())[0]?.mode, 2);
  await client.sensors.setSensorConfig("moves", "mode", "enforce");
  go("/var");
  assert.equal(await next(calls), "moves /var");
  assert.equal(await ended, "SIGKILL");
});

test("settings are read, changed, and refused by name", async (t) => {
  const { client } = await start(t);
  const { sensors } = client;
  await sensors.addTracingPolicy(chdir("moves"));
  assert.equal(await sensors.getSensorConfig("moves", ""), "mode=enforce\nrate-limit=off");
  await sensors.setSensorConfig("moves", "mode", "monitor");
  await sensors.setSensorConfig("moves", "rate-limit", "1m");
  assert.equal(await sensors.getSensorConfig("moves", ""), "mode=monitor\nrate-limit=60s");
  await assert.rejects(sensors.setSensorConfig("moves", "mod", "monitor"), {
    code: "INVALID_ARGUMENT",
    message:
      'sensor moves SetConfig failed: there is no setting "mod"; known: mode, rate-limit (did you mean "mode"?)',
  });
  await assert.rejects(sensors.setSensorConfig("moves", "mode", "off"), {
    message: 'sensor moves SetConfig failed: mode takes enforce or monitor, not "off"',
  });
  await assert.rejects(sensors.getSensorConfig("moves", "x"), {
    message: /^sensor moves GetConfig failed: there is no setting "x"/,
  });
  await assert.rejects(sensors.getSensorConfig("none", "mode"), { code: "NOT_FOUND" });
});

test("policies for pods are refused where no container runtime is asked for pods", async (t) => {
  const { client } = await start(t);
  const refusal = { code: "FAILED_PRECONDITION", message: /policy web is for certain pods/ };
  const selected = chdir("web", "  podSelector: {matchLabels: {app: web}}");
  await assert.rejects(client.sensors.addTracingPolicy(selected), refusal);
  const namespaced = chdir("web").replace("kind: TracingPolicy", "kind: TracingPolicyNamespaced");
  await assert.rejects(client.sensors.addTracingPolicy(namespaced), refusal);
  const names = (await client.sensors.listSensors()).map(({ name }) => name);
  assert.ok(!names.includes("web"), String(names));
});
