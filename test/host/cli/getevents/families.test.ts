import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toStreamSpec } from "../../../../host/api/eventsRequest.js";
import { Families } from "../../../../host/cli/getevents/families.js";
import { localFilter } from "../../../../host/cli/getevents/localFilter.js";
import { EventEncoder, framePrefixBytes } from "../../../../host/events/encoder.js";
import { type Event, EventType } from "../../../../host/events/model.js";
import { CachedProcess } from "../../../../host/events/process.js";
import { WireWriter } from "../../../../host/events/wire.js";
import { compileFilter } from "../../../../host/stream/filter.js";
import { fgs } from "../../../../proto/generated/api.js";

const encoder = new EventEncoder({
  nodeName: "node",
  capabilities: true,
  namespaces: false,
  hostNamespaces: [],
});

function decoded(event: Event): fgs.GetEventsResponse {
  const writer = new WireWriter();
  encoder.encode(event, writer);
  return fgs.GetEventsResponse.decode(writer.bytes.subarray(framePrefixBytes, writer.position));
}

const text = fc.constantFrom("", "/a", "/b", "/bc");
const member = fc.record({
  /** Which of those before it is its parent. */
  parent: fc.nat(),
  nsPid: fc.constantFrom(0, 1, 2, 7),
  binary: text,
  arguments: text,
  docker: fc.constantFrom("", "0123456789abcdef0123456789abcde"),
  permitted: fc.bigInt(0n, 7n),
  isExit: fc.boolean(),
});

/** Events of one family, parents first; some processes come twice. */
const events = fc.array(member, { minLength: 1, maxLength: 8 }).map((members) => {
  const family: CachedProcess[] = [];
  const all: Event[] = [];
  members.forEach(({ parent, permitted, isExit, ...known }, i) => {
    const process = new CachedProcess("node", {
      ...known,
      pid: i + 2,
      keyNs: BigInt(i + 1),
      startTimeNs: 1n,
      uid: 0,
      auid: 0,
      cwd: "/",
      flags: "",
      cgroupId: 0n,
      cgroupName: "",
      capabilities: { permitted, effective: 0n, inheritable: 0n },
      namespaces: undefined,
      parent: family[parent % (family.length + 1)],
    });
    family.push(process);
    const base = {
      process,
      parent: process.parent,
      sequence: 1,
      timeNs: 1n,
      annotations: undefined,
    };
    all.push({ ...base, type: EventType.EXEC });
    if (isExit) all.push({ ...base, type: EventType.EXIT, status: 0, signal: "" });
  });
  return all;
});

const list = <T>(...values: T[]) => fc.array(fc.constantFrom(...values), { maxLength: 1 });
const flag = fc.constantFrom(null, { value: true }, { value: false });
const filter = fc
  .record({
    binary_regex: list("a", "^/b"),
    arguments_regex: list("a", "^$"),
    parent_binary_regex: list("b", ""),
    parent_arguments_regex: list("c$"),
    ancestor_binary_regex: list("a", "c"),
    pid: list(2, 3),
    pid_set: list(2, 3),
    container_id: list("0123", "f"),
    in_init_tree: flag,
    capabilities: fc.constantFrom(null, { permitted: { any: [0, 1] } }),
    event_set: list(fgs.EventType.PROCESS_EXEC),
  })
  .chain((fields) => {
    const names = Object.keys(fields) as (keyof typeof fields)[];
    return fc
      .subarray(names, { maxLength: 2 })
      .map(
        (some): fgs.Filter.$Properties =>
          Object.fromEntries(some.map((name) => [name, fields[name]])),
      );
  });

test("events from a file pass the same filters as in the daemon, for any family", () => {
  const lists = fc.array(filter, { maxLength: 2 });
  fc.assert(
    fc.property(events, lists, lists, (events, allow_list, deny_list) => {
      const request = { allow_list, deny_list };
      const inDaemon = compileFilter(toStreamSpec(request));
      const here = localFilter(request);
      for (const event of events) assert.equal(here.matches(decoded(event)), inDaemon(event));
    }),
    { numRuns: 500 },
  );
});

test("calls that policies watch pass the same filters as in the daemon", () => {
  const process = { pid: { value: 7 }, binary: "/bin/sh" };
  const events = [
    { process_kprobe: { process, policy_name: "a", function_name: "__x64_sys_write" } },
    { process_kprobe: { process, policy_name: "b", function_name: "tcp_connect" } },
    { process_tracepoint: { process, policy_name: "b", subsys: "sched", event: "sched_switch" } },
    { process_exec: { process } },
  ];
  const passing = (filter: fgs.Filter.$Properties) => {
    const { matches } = localFilter({ allow_list: [filter], deny_list: [] });
    return events.flatMap((event, n) => (matches(event) ? [n] : []));
  };
  assert.deepEqual(passing({ policy_names: ["b"] }), [1, 2]);
  assert.deepEqual(passing({ function_names: ["write", "sched/sched_switch"] }), [0, 2]);
  assert.deepEqual(passing({ function_names: ["sched_switch"], policy_names: ["a"] }), []);
});

test("no more processes are remembered than there is room for", () => {
  const families = new Families(2);
  const exec = (id: string, parent: string) =>
    families.modelEvent({
      process_exec: { process: { exec_id: id }, parent: { exec_id: parent } },
    });
  exec("b", "a");
  assert.equal(exec("c", "b").parent?.parent?.execId, "a");
  exec("x", "y");
  // b is forgotten by now: what it was is no longer known.
  const event = exec("d", "b");
  assert.equal(event.parent?.execId, "b");
  assert.equal(event.parent?.parent, undefined);
});
