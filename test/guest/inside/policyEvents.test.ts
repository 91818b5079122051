/** Calls that policies watch in the kernel, as clients of a daemon see them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { fgs, guidestar } from "../../../proto/generated/api.js";
import { Gated, workload } from "../../bpf/core/harness.js";
import { startTestDaemon } from "../../support/daemon.js";

const calls = workload("calls");
/** What the workload opens. */
const opening = "/tmp/policy-events";

/** The events of a command, from its exec to its exit, with these policies. */
async function eventsOf(t: TestContext, policies: readonly string[], command: readonly string[]) {
  const gated = new Gated(command);
  t.after(() => gated.kill());
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const { connect } = await startTestDaemon(t, { scope, processCred: true });
  const client = await connect();
  for (const yaml of policies) await client.sensors.addTracingPolicy(yaml);
  const stream = client.sensors.getEvents();
  await stream.ready;
  gated.open();
  const events: fgs.GetEventsResponse[] = [];
  for await (const event of stream) {
    events.push(event);
    if (event.process_exit?.process?.pid?.value === gated.pid) break;
  }
  await gated.end();
  const { pipeline } = await client.node.getStatus();
  assert.equal(String(pipeline?.malformed), "0");
  assert.equal(String(pipeline?.unknown_hook), "0");
  return events;
}

const callsOf = (events: readonly fgs.GetEventsResponse[], functionName: string) =>
  events.flatMap(({ process_kprobe: call }) => (call?.function_name === functionName ? call : []));

const head = (name: string) => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ${name}}
spec:`;

test("functions, LSM hooks and uprobes tell files, sockets, credentials, capabilities and stacks", async (t) => {
  writeFileSync(opening, "", { mode: 0o644 });
  const functions = `${head("functions")}
  kprobes:
  - call: security_file_open
    syscall: false
    message: a file
    args: [{index: 0, type: file, label: it}]
  - call: tcp_connect
    syscall: false
    args: [{index: 0, type: sock}]
    selectors:
    - matchActions: [{action: Post, kernelStackTrace: true}]
  - call: commit_creds
    syscall: false
    args: [{index: 0, type: cred}]
  - call: cap_capable
    syscall: false
    args: [{index: 1, type: user_namespace}, {index: 2, type: capability}]
    return: true
    returnArg: {index: 0, type: int}
`;
  const lsm = `${head("lsm")}
  lsmhooks:
  - hook: file_open
    args: [{index: 0, type: file}]
`;
  const uprobe = `${head("uprobe")}
  uprobes:
  - path: ${calls}
    symbols: [main]
`;
  const events = await eventsOf(
    t,
    [functions, lsm, uprobe],
    [
      ...[calls, "openat", "-100", opening, "0", "0", ",", "socket", "2", "1", "0", ","],
      ...["connect", "%1", "#020000017f0000010000000000000000", "16", ","],
      // Takes CAP_SYS_ADMIN, so that somebody asks for it: CLONE_NEWUTS.
      ...["unshare", String(0x04000000)],
    ],
  );
  const { HOOK_KIND_FUNCTION, HOOK_KIND_LSM, HOOK_KIND_UPROBE } = guidestar.HookKind;

  const opened = callsOf(events, "security_file_open").at(-1);
  assert.equal(opened?.process?.binary, calls);
  assert.equal(opened?.parent?.pid?.value, process.pid);
  assert.equal(opened?.kind, HOOK_KIND_FUNCTION);
  assert.equal(opened?.message, "a file");
  assert.equal(opened?.args?.[0]?.label, "it");
  assert.equal(opened?.args?.[0]?.file_arg?.path, opening);
  assert.equal(opened?.args?.[0]?.file_arg?.permission, "-rw-r--r--");

  const [connected] = callsOf(events, "tcp_connect");
  const sock = connected?.args?.[0]?.sock_arg;
  assert.deepEqual(
    [sock?.family, sock?.type, sock?.protocol, sock?.daddr, sock?.dport],
    ["AF_INET", "SOCK_STREAM", "IPPROTO_TCP", "127.0.0.1", 1],
  );
  assert.ok((connected?.kernel_stack_trace?.length ?? 0) >= 3);
  assert.notEqual(String(connected?.kernel_stack_trace?.[0]?.address), "0");

  const [committed] = callsOf(events, "commit_creds");
  const cred = committed?.args?.[0]?.cred_arg;
  assert.deepEqual([cred?.uid, cred?.euid, cred?.gid], [0, 0, 0]);
  assert.ok(cred?.effective?.includes(fgs.CapabilitiesType.CAP_SYS_ADMIN));
  assert.ok((cred?.user_ns ?? 0) > 0);

  const capable = callsOf(events, "cap_capable").find(
    ({ args }) => args?.[1]?.capability_arg?.name === "CAP_SYS_ADMIN",
  );
  assert.equal(capable?.args?.[0]?.user_ns_arg?.level, 0);
  assert.equal(capable?.return?.int_arg, 0);

  const guarded = callsOf(events, "file_open").at(-1);
  assert.equal(guarded?.kind, HOOK_KIND_LSM);
  assert.equal(guarded?.policy_name, "lsm");
  assert.equal(guarded?.args?.[0]?.file_arg?.path, opening);

  const [begun] = callsOf(events, "main");
  assert.equal(begun?.kind, HOOK_KIND_UPROBE);
  assert.equal(begun?.where, calls);
});

test("what a policy does to a call is told with it", async (t) => {
  const kill = `${head("kill")}
  kprobes:
  - call: sys_mkdirat
    syscall: true
    args: [{index: 0, type: int}, {index: 1, type: string}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: ["/forbidden"]}]
      matchActions: [{action: Sigkill}]
`;
  const events = await eventsOf(t, [kill], [calls, "mkdirat", "-100", "/forbidden", "0"]);
  const [call] = events.flatMap(({ process_kprobe }) => process_kprobe ?? []);
  assert.equal(call?.action, fgs.KprobeAction.KPROBE_ACTION_SIGKILL);
  assert.equal(call?.signal, "SIGKILL");
  assert.ok(call?.actions?.includes(guidestar.HookAction.HOOK_ACTION_SIGNAL));
  assert.equal(events.at(-1)?.process_exit?.signal, "SIGKILL");
});
