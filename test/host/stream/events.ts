import { Hook } from "../../../host/events/hook/hook.js";
import { HookDataKeeper } from "../../../host/events/hook/hookData.js";
import { hookFields } from "../../../host/events/hook/hookFields.js";
import {
  type Event,
  EventType,
  type ExecEvent,
  type ExitEvent,
  type Process,
} from "../../../host/events/model.js";
import type { HookDescription } from "../../../host/policy/hookSpec.js";
import { emptyFilter, type FilterSpec } from "../../../host/stream/filterSpec.js";
import { headerLayout } from "../../support/headerLayout.js";

let lastKey = 0n;

/** A process instance with what the test says of it; each call makes another instance. */
export function process(known: Partial<Process> = {}): Process {
  lastKey++;
  return {
    execId: Buffer.from(`node:${lastKey}:${known.pid ?? 1}`).toString("base64"),
    pid: 1,
    nsPid: 0,
    inInitTree: false,
    keyNs: lastKey,
    startTimeNs: lastKey,
    uid: 0,
    auid: 0,
    binary: "/usr/bin/true",
    arguments: "",
    cwd: "/",
    flags: "execve",
    docker: "",
    cgroupId: 0n,
    cgroupName: "",
    capabilities: undefined,
    namespaces: undefined,
    parent: undefined,
    ...known,
  };
}

export function exec(of: Process, known: Partial<ExecEvent> = {}): Event {
  return {
    type: EventType.EXEC,
    sequence: 1,
    timeNs: 0n,
    process: of,
    parent: of.parent,
    annotations: undefined,
    ...known,
  };
}

export function exit(of: Process, known: Partial<ExitEvent> = {}): Event {
  return {
    type: EventType.EXIT,
    sequence: 1,
    timeNs: 0n,
    process: of,
    parent: of.parent,
    annotations: undefined,
    status: 0,
    signal: "",
    ...known,
  };
}

const fields = hookFields(headerLayout());
if (!fields) throw new Error("the layout has no hooks");
const nothing = new HookDataKeeper(fields).keep(
  new Uint8Array(0),
  new DataView(new ArrayBuffer(0)),
  0,
  0,
);

/** A call without arguments, as a policy's hook saw it. */
export function call(of: Process, known: Partial<HookDescription> = {}): Event {
  const description: HookDescription = {
    hook: 1,
    policy: "watch",
    kind: "function",
    functionName: "tcp_connect",
    args: [],
    tags: [],
    ...known,
  };
  const hook = new Hook(description);
  return {
    type: hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE,
    sequence: 1,
    timeNs: 0n,
    process: of,
    parent: of.parent,
    annotations: undefined,
    hook,
    tid: of.pid,
    selector: undefined,
    actions: 1,
    flags: 0,
    signal: 0,
    overrideError: 0,
    data: nothing,
  };
}

/** An event that shows no process, whoever caused it. */
export function withoutProcess(known: Partial<Process> = {}): Event {
  const of = process(known);
  return { ...exec(of), type: EventType.TEST, args: [1n, 2n, 3n, 4n] } as Event;
}

export function filter(set: Partial<FilterSpec> = {}): FilterSpec {
  return { ...emptyFilter, ...set };
}
