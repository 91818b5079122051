/** What is recorded plays as it was seen live. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Decoder } from "../../../host/events/decoder.js";
import { EventEncoder, framePrefixBytes } from "../../../host/events/encoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { WireWriter } from "../../../host/events/wire.js";
import type { HookDescription } from "../../../host/policy/hookSpec.js";
import { loadBase } from "../../../host/sensors/base.js";
import { openPolicies } from "../../../host/sensors/policies/openPolicies.js";
import { openLiveSource } from "../../../host/source/live.js";
import { Recorder } from "../../../host/source/recorder.js";
import { RecordingSource } from "../../../host/source/recording.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";
import type { RecordLayout, RecordVisitor, Source } from "../../../host/source/source.js";
import { fgs } from "../../../proto/generated/api.js";
import { Gated } from "../../bpf/core/harness.js";
import { temporaryFolder } from "../../support/daemon.js";

const act = fileURLToPath(new URL("../../conformance/workloads/act", import.meta.url));
const calls = fileURLToPath(new URL("../../bpf/core/workloads/calls", import.meta.url));
const nop = fileURLToPath(new URL("../../bpf/core/workloads/nop", import.meta.url));

/** Makes events of records one by one, each encoded at once. */
class Events {
  readonly seen: fgs.IGetEventsResponse[] = [];
  readonly decoder: Decoder;
  readonly #encoder: EventEncoder;

  constructor(layout: RecordLayout, bootToWallNs: bigint, hostNamespaces: readonly number[]) {
    const nodeName = "replayed";
    const cache = new ProcessCache(1000);
    this.decoder = new Decoder({ layout, cache, nodeName, bootToWallNs });
    const all = { capabilities: true, namespaces: true, ancestors: true };
    this.#encoder = new EventEncoder({ nodeName, hostNamespaces, ...all });
  }

  readonly take: RecordVisitor = (bytes, view, offset, size) => {
    const event = this.decoder.decode(bytes, view, offset, size);
    if (event === undefined) return;
    const writer = new WireWriter();
    this.#encoder.encode(event, writer);
    const message = writer.bytes.subarray(framePrefixBytes, writer.position);
    const response = fgs.GetEventsResponse.decode(message);
    this.seen.push(fgs.GetEventsResponse.toObject(response, { longs: String }));
  };
}

test("a recording plays event by event as it was seen live, in everything that events tell", async (t) => {
  const file = path.join(temporaryFolder(t), "live.rec.gz");
  const ops = ["memfd", "7", nop, "fork", "[", "at", "7", "", "x y", ";", "]", "wait"];
  const more = [
    "fork",
    "[",
    "fork",
    "[",
    "orphaned",
    "exec",
    nop,
    ";",
    "]",
    "exit",
    "3",
    "]",
    "wait",
  ];
  const command = [act, ...ops, ...more, "exec", nop, "z".repeat(40_000)];
  const { seen, again } = await recordAndReplay(t, file, command);
  assert.ok(seen.length >= 8, `${seen.length} events`);
  assert.deepEqual(again, seen);
});

const policy = `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: calls}
spec:
  kprobes:
  - call: sys_mkdirat
    syscall: true
    message: a folder
    tags: [files]
    args:
    - {index: 0, type: fd}
    - {index: 1, type: string, label: where}
    return: true
    returnArg: {index: 0, type: int}
  - call: sys_write
    syscall: true
    args:
    - {index: 0, type: fd}
    - {index: 1, type: char_buf, sizeArgIndex: 3}
    - {index: 2, type: size_t}
  - call: sys_lseek
    syscall: true
    args:
    - {index: 1, type: int64}
  tracepoints:
  - subsystem: sched
    event: sched_process_exec
    raw: true
    args: []
`;

test("calls that a policy watches play from a recording as they were seen live", async (t) => {
  const file = path.join(temporaryFolder(t), "calls.rec.gz");
  const write = ["write", "1", "hello hello hello", "17"];
  const long = ["write", "1", "@6000", "6000"];
  const command = [
    ...[calls, "mkdirat", "-100", "/nowhere/é", "0", ","],
    ...[...write, ",", ...long, ",", "lseek", "1", "-5", "0"],
  ];
  const { seen, again, records } = await recordAndReplay(t, file, command, policy);
  const told = seen.flatMap(({ process_kprobe: call }) =>
    call ? [[call.function_name, call.policy_name, call.process?.binary, call.parent?.binary]] : [],
  );
  const names = ["mkdirat", "write", "write", "lseek"];
  assert.deepEqual(
    told.map(([name]) => name?.replace(/^.*sys_/, "")),
    names,
  );
  for (const [, policyName, binary] of told) {
    assert.equal(policyName, "calls");
    assert.equal(binary, calls);
  }
  const [folder, written, cut, moved] = seen.flatMap(({ process_kprobe: call }) => call ?? []);
  assert.deepEqual(folder?.args?.[1], { string_arg: "/nowhere/é", label: "where" });
  assert.deepEqual([folder?.message, folder?.tags], ["a folder", ["files"]]);
  assert.equal(folder?.return?.int_arg, -2);
  assert.equal(Buffer.from(written?.args?.[1]?.bytes_arg ?? []).toString(), "hello hello hello");
  assert.equal(String(cut?.args?.[1]?.truncated_bytes_arg?.orig_size), "6000");
  assert.equal(cut?.args?.[1]?.truncated_bytes_arg?.bytes_arg?.length, 4096);
  assert.equal(moved?.args?.[0]?.long_arg?.value, "-5");
  const traced = seen.flatMap(({ process_tracepoint: event }) => event ?? []);
  assert.deepEqual(
    traced.map(({ subsys, event, policy_name }) => [subsys, event, policy_name]),
    [["sched", "sched_process_exec", "calls"]],
  );
  assert.deepEqual(again, seen);
  // By itself: nothing but the file told of the hooks.
  assert.ok(records.definitions > 0);
  assert.equal(records.unknown, 0);
  assert.equal(records.malformed, 0);
});

const objects = `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: objects}
spec:
  tracepoints:
  - subsystem: sock
    event: inet_sock_set_state
    raw: true
    args: [{index: 0, type: sock}, {index: 2, type: int}]
  - subsystem: net
    event: net_dev_queue
    raw: true
    args: [{index: 0, type: skb}]
  - subsystem: sched
    event: sched_process_exec
    raw: true
    args: [{index: 2, type: linux_binprm}]
`;

test("sockets, packets and files of the kernel are told as what they are", async (t) => {
  const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const address = Buffer.from([2, 0, port >> 8, port & 255, 127, 0, 0, 1]).toString("hex");
  const file = path.join(temporaryFolder(t), "objects.rec.gz");
  const command = [
    ...[calls, "socket", "2", "1", "0", ","],
    ...["connect", "%0", `#${address}0000000000000000`, "16"],
  ];
  const { seen, again } = await recordAndReplay(t, file, command, objects);
  assert.deepEqual(again, seen);
  const events = seen.flatMap(({ process_tracepoint: event }) => event ?? []);
  const of = (name: string) => events.filter(({ event }) => event === name);
  const [begun] = of("inet_sock_set_state");
  const sock = begun?.args?.[0]?.sock_arg;
  assert.deepEqual(
    [sock?.family, sock?.type, sock?.protocol, sock?.daddr, sock?.dport],
    ["AF_INET", "SOCK_STREAM", "IPPROTO_TCP", "127.0.0.1", port],
  );
  const synSent = 2;
  assert.equal(begun?.args?.[1]?.int_arg, synSent);
  const packets = of("net_dev_queue").map(({ args }) => args?.[0]?.skb_arg);
  assert.ok(packets.length > 0);
  const syn = packets.find((skb) => skb?.dport === port);
  assert.deepEqual(
    [syn?.family, syn?.protocol, syn?.saddr, syn?.daddr],
    ["AF_INET", "IPPROTO_TCP", "127.0.0.1", "127.0.0.1"],
  );
  const [exec] = of("sched_process_exec");
  assert.equal(exec?.args?.[0]?.file_arg?.path, calls);
  assert.match(exec?.args?.[0]?.file_arg?.permission ?? "", /^-r.x/);
});

/** Events as they were seen while they were recorded, and as they play. */
async function recordAndReplay(
  t: TestContext,
  file: string,
  command: readonly string[],
  yaml?: string,
) {
  const gated = new Gated(command);
  t.after(() => gated.kill());
  const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid], spawned: true } });
  const live = openLiveSource(base.source);
  const { layout, bootToWallNs } = live;
  const seen = new Events(layout, bootToWallNs, base.hostNamespaces);
  const tee: Source = {
    name: live.name,
    layout,
    bootToWallNs,
    read: (most, visit) =>
      live.read(most, (...record) => {
        seen.take(...record);
        visit(...record);
      }),
    wait: (timeoutMs) => live.wait(timeoutMs),
    losses: () => live.losses(),
    close: () => live.close(),
  };
  const recorder = new Recorder(tee, file, {
    layout,
    bootToWallNs: String(bootToWallNs),
    nodeName: "replayed",
    kernel: "",
    version: "",
    recorded: new Date().toISOString(),
    scope: "",
    hostNamespaces: base.hostNamespaces,
  });
  const port = {
    define: async (hooks: readonly HookDescription[]) => live.define?.(hooks),
    forget: async (hooks: readonly number[]) => live.forget?.(hooks),
  };
  const files = yaml === undefined ? [] : [{ name: "policy", yaml }];
  const policies = await openPolicies(base, port, { files });
  const recorded = recorder.run();
  gated.open();
  await gated.end();
  recorder.stop();
  await recorded;
  live.close();
  await policies.close();
  base.close();

  const replay = await RecordingSource.open(parseRecordingSpec(`recording:${file}?speed=max`));
  const { header } = replay;
  const again = new Events(replay.layout, replay.bootToWallNs, header.hostNamespaces ?? []);
  replay.start();
  do while (replay.read(100, again.take) > 0);
  while ((await replay.wait(100)) !== "ended");
  replay.close();
  const { decoder } = again;
  const definitions = [...(decoder.hooks?.hooks ?? [])].length;
  const records = { definitions, unknown: decoder.unknownHook, malformed: decoder.malformed };
  return { seen: seen.seen, again: again.seen, records };
}
