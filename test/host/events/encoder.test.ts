import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventEncoder, framePrefixBytes, maxAncestorsShown } from "../../../host/events/encoder.js";
import {
  EventType,
  type ExecEvent,
  type ExecutedFile,
  type ExitEvent,
  type Pod,
} from "../../../host/events/model.js";
import { CachedProcess, type ProcessInit } from "../../../host/events/process.js";
import { WireWriter } from "../../../host/events/wire.js";
import { fgs } from "../../../proto/generated/api.js";

const encoder = new EventEncoder({
  nodeName: "node-1",
  capabilities: true,
  namespaces: true,
  hostNamespaces: [11, 12, 13, 0, 0, 0, 0, 0, 0, 20],
  ancestors: true,
});

function decodeFrames(writer: WireWriter) {
  const responses = [];
  const bytes = writer.bytes.subarray(0, writer.position);
  for (let at = 0; at < bytes.length; ) {
    assert.equal(bytes[at], 0, "not compressed");
    const size = bytes.readUInt32BE(at + 1);
    at += framePrefixBytes;
    const message = fgs.GetEventsResponse.decode(bytes.subarray(at, at + size));
    responses.push(fgs.GetEventsResponse.toObject(message, { longs: String, defaults: false }));
    at += size;
  }
  return responses;
}

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const time = fc.bigInt({ min: 1n, max: 1n << 62n });
const text = fc.string({ unit: "grapheme" });
const capabilities = fc.record({
  permitted: fc.bigInt({ min: 0n, max: (1n << 41n) - 1n }),
  effective: fc.bigInt({ min: 0n, max: (1n << 41n) - 1n }),
  inheritable: fc.bigInt({ min: 0n, max: (1n << 41n) - 1n }),
});

const pod = fc.record({
  namespace: text,
  name: text,
  labels: fc.array(text.map((key) => `${key}=v`)),
  container: fc.record({
    id: text,
    name: text,
    image: fc.record({ id: text, name: text }),
    startTimeNs: fc.oneof(fc.constant(0n), time),
  }),
  maybeExecProbe: fc.boolean(),
});

const executedFile = fc.record({
  path: text,
  pathCut: fc.boolean(),
  inode: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  links: uint32,
  inMemory: fc.boolean(),
  deleted: fc.boolean(),
  script: fc.boolean(),
  setuid: fc.boolean(),
  setgid: fc.boolean(),
  uid: uint32,
  gid: uint32,
  privileged: fc.boolean(),
});

const processInit: fc.Arbitrary<ProcessInit> = fc.record({
  pid: uint32,
  nsPid: fc.oneof(uint32, fc.constantFrom(0, 1)),
  keyNs: time,
  startTimeNs: time,
  uid: fc.option(uint32, { nil: undefined }),
  auid: fc.option(uint32, { nil: undefined }),
  binary: text,
  arguments: text,
  cwd: text,
  flags: text,
  docker: text,
  pod: fc.option(pod, { nil: undefined }),
  cgroupId: fc.constant(0n),
  cgroupName: fc.constant(""),
  capabilities: fc.option(capabilities, { nil: undefined }),
  namespaces: fc.option(fc.array(uint32, { minLength: 10, maxLength: 10 }), { nil: undefined }),
  parent: fc.constant(undefined),
  interpreter: fc.option(text, { nil: undefined }),
  file: fc.option(executedFile, { nil: undefined }),
  euid: fc.option(uint32, { nil: undefined }),
  gid: fc.option(uint32, { nil: undefined }),
  egid: fc.option(uint32, { nil: undefined }),
});

const event: fc.Arbitrary<ExecEvent | ExitEvent> = fc
  .record({
    process: processInit,
    // The parent first, then what is above it.
    above: fc.array(processInit, { maxLength: 4 }),
    references: uint32,
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    timeNs: time,
    annotations: fc.option(fc.array(fc.tuple(text, text)), { nil: undefined }),
    exit: fc.option(
      fc.record({
        status: fc.integer({ min: 0, max: 255 }),
        signal: fc.constantFrom("", "SIGHUP"),
      }),
      { nil: undefined },
    ),
  })
  .map(({ process: init, above, references, annotations, exit, ...rest }) => {
    let parent: CachedProcess | undefined;
    for (const each of [...above].reverse())
      parent = new CachedProcess("node-1", { ...each, parent });
    const process = new CachedProcess("node-1", { ...init, parent });
    process.references = references;
    const base = { ...rest, process, parent, annotations: annotations && new Map(annotations) };
    return exit ? { ...base, type: EventType.EXIT, ...exit } : { ...base, type: EventType.EXEC };
  });

test("what protobufjs decodes is the event, for any event", () => {
  fc.assert(
    fc.property(event, (event) => {
      const writer = new WireWriter(16);
      encoder.encode(event, writer);
      assert.deepEqual(decodeFrames(writer), [expectedResponse(event)]);
    }),
    { numRuns: 500 },
  );
});

test("many events follow one another in one buffer", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const writer = new WireWriter(16);
      for (const one of events) encoder.encode(one, writer);
      assert.deepEqual(decodeFrames(writer), events.map(expectedResponse));
    }),
  );
});

test("of endless ancestors the nearest are told, and none without being asked", () => {
  const init = fc.sample(processInit, { numRuns: 1, seed: 2 })[0] as ProcessInit;
  let process = new CachedProcess("node-1", init);
  for (let i = 0; i < 200; i++) process = new CachedProcess("node-1", { ...init, parent: process });
  const { parent } = process;
  const base = { type: EventType.EXEC, process, parent, annotations: undefined, timeNs: 1n };
  const ancestorsBy = (one: EventEncoder) => {
    const writer = new WireWriter();
    one.encode({ ...base, sequence: 1 }, writer);
    return decodeFrames(writer)[0]?.process_exec?.ancestors?.length ?? 0;
  };
  assert.equal(ancestorsBy(encoder), maxAncestorsShown);
  const plain = { nodeName: "node-1", capabilities: false, namespaces: false, hostNamespaces: [] };
  assert.equal(ancestorsBy(new EventEncoder(plain)), 0);
});

test("a process is encoded once, and its reference count is told as it is at send time", () => {
  const init = fc.sample(processInit, { numRuns: 1, seed: 1 })[0] as ProcessInit;
  const process = new CachedProcess("node-1", init);
  const base = { type: EventType.EXEC, process, parent: undefined, annotations: undefined };
  const writer = new WireWriter();
  encoder.encode({ ...base, sequence: 1, timeNs: 1n }, writer);
  const wire = process.wire;
  process.references = 7;
  encoder.encode({ ...base, sequence: 2, timeNs: 2n }, writer);
  assert.equal(process.wire, wire);
  const counts = decodeFrames(writer).map((r) => r.process_exec?.process?.refcnt);
  assert.deepEqual(counts, [1, 7]);
});

/** The event as protobufjs shows it, defaults left out. Written from the API's documentation. */
function expectedResponse(event: ExecEvent | ExitEvent) {
  const body = {
    process: expectedProcess(event.process as CachedProcess),
    ...(event.parent && { parent: expectedProcess(event.parent as CachedProcess) }),
    ...(event.parent?.parent && { ancestors: ancestorsOf(event.parent as CachedProcess) }),
  };
  return {
    ...(event.type === EventType.EXEC
      ? { process_exec: body }
      : event.type === EventType.EXIT
        ? {
            process_exit: {
              ...body,
              ...(event.signal !== "" && { signal: event.signal }),
              ...(event.status !== 0 && { status: event.status }),
            },
          }
        : { finding: {} }),
    node_name: "node-1",
    time: timestamp(event.timeNs),
    ...(event.annotations &&
      event.annotations.size > 0 && { annotations: Object.fromEntries(event.annotations) }),
    sequence: String(event.sequence),
  };
}

function expectedProcess(process: CachedProcess) {
  const shown: Record<string, unknown> = {
    exec_id: process.execId,
    pid: wrapped(process.pid),
    start_time: timestamp(process.startTimeNs),
  };
  for (const name of ["cwd", "binary", "arguments", "flags", "docker"] as const)
    if (process[name] !== "") shown[name] = process[name];
  if (process.uid !== undefined) shown.uid = wrapped(process.uid);
  if (process.auid !== undefined) shown.auid = wrapped(process.auid);
  if (process.pod) shown.pod = expectedPod(process.pod, process.nsPid);
  const { pid: plainPid, uid: plainUid, nsPid, euid, gid, egid } = process;
  if (nsPid !== 0 && nsPid !== plainPid) shown.ns_pid = wrapped(nsPid);
  if (euid !== undefined && euid !== plainUid) shown.euid = wrapped(euid);
  if (gid !== undefined) shown.gid = wrapped(gid);
  if (egid !== undefined && egid !== gid) shown.egid = wrapped(egid);
  if (process.interpreter) shown.interpreter = process.interpreter;
  if (process.file) shown.file = expectedFile(process.file);
  if (process.parent) shown.parent_exec_id = process.parent.execId;
  if (process.references !== 0) shown.refcnt = process.references;
  if (process.capabilities) {
    const cap: Record<string, number[]> = {};
    for (const [set, mask] of Object.entries(process.capabilities)) {
      const bits = Array.from({ length: 64 }, (_, bit) => bit);
      const held = bits.filter((bit) => ((mask as bigint) >> BigInt(bit)) & 1n);
      if (held.length > 0) cap[set] = held;
    }
    shown.cap = cap;
  }
  if (process.namespaces) {
    const [uts, ipc, mnt, pid, pid_for_children, net, time, time_for_children, cgroup, user] =
      process.namespaces;
    const host: Record<string, number> = { uts: 11, ipc: 12, mnt: 13, user: 20 };
    const all = {
      uts,
      ipc,
      mnt,
      pid,
      pid_for_children,
      net,
      time,
      time_for_children,
      cgroup,
      user,
    };
    const ns: Record<string, unknown> = {};
    for (const [name, inum] of Object.entries(all))
      if (inum) ns[name] = { inum, ...(host[name] === inum && { is_host: true }) };
    shown.ns = ns;
  }
  if (process.inInitTree || (process.nsPid !== 0 && process.nsPid !== process.pid))
    shown.in_init_tree = process.inInitTree ? { value: true } : {};
  return shown;
}

function expectedPod({ labels = [], container, maybeExecProbe, ...names }: Pod, nsPid: number) {
  assert.ok(container);
  const { id, name, image, startTimeNs } = container;
  const hasImage = image.id !== "" || image.name !== "";
  return {
    ...withoutEmpty(names),
    ...(labels.length > 0 && { labels }),
    container: {
      ...withoutEmpty({ id, name }),
      ...(hasImage && { image: withoutEmpty(image) }),
      ...(startTimeNs !== 0n && { start_time: timestamp(startTimeNs) }),
      ...(nsPid !== 0 && { pid: wrapped(nsPid) }),
      ...(maybeExecProbe && { maybe_exec_probe: true }),
    },
  };
}

function withoutEmpty(texts: Record<string, string>) {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ""));
}

function ancestorsOf(process: CachedProcess): unknown[] {
  const { parent } = process;
  return parent ? [expectedProcess(parent), ...ancestorsOf(parent)] : [];
}

function expectedFile(file: ExecutedFile) {
  const { path, inode, links, uid, gid } = file;
  const shown: Record<string, unknown> = {
    ...(path !== "" && { path }),
    ...(inode !== 0 && { inode: String(inode) }),
    ...(links !== 0 && { links }),
    ...(uid !== 0 && { uid }),
    ...(gid !== 0 && { gid }),
  };
  const marks = [
    ["in_memory", file.inMemory],
    ["deleted", file.deleted],
    ["script", file.script],
    ["setuid", file.setuid],
    ["setgid", file.setgid],
    ["privileged", file.privileged],
    ["path_cut", file.pathCut],
  ] as const;
  for (const [name, is] of marks) if (is) shown[name] = true;
  return shown;
}

function wrapped(value: number) {
  return value === 0 ? {} : { value };
}

function timestamp(ns: bigint) {
  const seconds = ns / 1_000_000_000n;
  const nanos = Number(ns % 1_000_000_000n);
  return {
    ...(seconds !== 0n && { seconds: String(seconds) }),
    ...(nanos !== 0 && { nanos }),
  };
}
