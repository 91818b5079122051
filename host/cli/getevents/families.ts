/** Events from a file or a pipe as the daemon's filters know them: processes with their lines of ancestors. */
import { fgs } from "../../../proto/generated/api.js";
import { hookNames } from "../../events/hook/hook.js";
import type { Container, Event as ModelEvent, Process } from "../../events/model.js";
import type { Event } from "../compact.js";

type WireProcess = fgs.Process.$Properties;

/** What all kinds of events with a process have. */
interface Body {
  readonly process?: WireProcess | null;
  readonly parent?: WireProcess | null;
  readonly ancestors?: readonly WireProcess[] | null;
}

/** Remembers who descends from whom, as far as the events so far have told. */
export class Families {
  /** By `keyOf`; the one that was named longest ago first. */
  readonly #known = new Map<string, Process>();

  /** @param most processes that are remembered */
  constructor(readonly most = 65_536) {}

  /** Call it with every event, in order: each may tell of an ancestor of later ones. */
  modelEvent(event: Event): ModelEvent {
    const { type, body } = kindOf(event);
    const wire = body?.process ?? undefined;
    let process: Process | undefined;
    if (wire) {
      process = this.#process(wire, body ?? {});
      if (type === fgs.EventType.PROCESS_EXIT) this.#ended(wire);
    }
    const parent = process?.parent;
    // Filters look at these only.
    return { type, process, parent, hook: hookOf(event) } as unknown as ModelEvent;
  }

  #process(wire: WireProcess, { parent, ancestors }: Body): Process {
    const key = keyOf(wire);
    const before = key === undefined ? undefined : this.#known.get(key);
    const found = parent
      ? this.#ancestor(parent, ancestors ?? [], before?.parent)
      : (before?.parent ?? this.#named(wire.parent_exec_id));
    return this.#remember(key, modelProcess(wire, key, found));
  }

  /** One whose line is known already if possible: an event tells of a part of it only. */
  #ancestor(
    wire: WireProcess,
    further: readonly WireProcess[],
    before: Process | undefined,
  ): Process {
    const key = keyOf(wire);
    if (key !== undefined && before?.execId === key) return before;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const [next, ...rest] = further;
    const parent = next ? this.#ancestor(next, rest, undefined) : this.#named(wire.parent_exec_id);
    return this.#remember(key, modelProcess(wire, key, parent));
  }

  #named(execId: string | null | undefined): Process | undefined {
    return execId ? this.#known.get(execId) : undefined;
  }

  #remember(key: string | undefined, process: Process): Process {
    if (key === undefined) return process;
    this.#known.delete(key);
    this.#known.set(key, process);
    if (this.#known.size > this.most) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return process;
  }

  /** A pid alone names somebody else from now on; children may still name an exec_id. */
  #ended(wire: WireProcess): void {
    const key = keyOf(wire);
    if (key !== undefined && !wire.exec_id) this.#known.delete(key);
  }
}

/** As far as filters ask: names. */
function hookOf({ process_kprobe: call, process_tracepoint: tracepoint }: Event) {
  const policy = call?.policy_name ?? tracepoint?.policy_name ?? "";
  if (call) {
    const functionName = call.function_name ?? "";
    return { description: { policy }, names: hookNames({ functionName }) };
  }
  if (!tracepoint) return undefined;
  const names = { subsystem: tracepoint.subsys ?? "", functionName: tracepoint.event ?? "" };
  return { description: { policy }, names: hookNames(names) };
}

function keyOf({ exec_id, pid }: WireProcess): string | undefined {
  if (exec_id) return exec_id;
  return pid == null ? undefined : `pid ${pid.value ?? 0}`;
}

function modelProcess(
  wire: WireProcess,
  key: string | undefined,
  parent: Process | undefined,
): Process {
  const { pod } = wire;
  return {
    execId: key ?? "",
    // No filter asks for a negative one.
    pid: wire.pid == null ? -1 : (wire.pid.value ?? 0),
    nsPid: 0,
    inInitTree: wire.in_init_tree?.value ?? false,
    keyNs: 0n,
    startTimeNs: 0n,
    uid: wire.uid?.value ?? undefined,
    auid: wire.auid?.value ?? undefined,
    binary: wire.binary ?? "",
    arguments: wire.arguments ?? "",
    cwd: wire.cwd ?? "",
    flags: wire.flags ?? "",
    docker: wire.docker ?? "",
    containerId: fullIdOf(wire),
    cgroupId: 0n,
    cgroupName: "",
    capabilities: wire.cap
      ? {
          permitted: maskOf(wire.cap.permitted),
          effective: maskOf(wire.cap.effective),
          inheritable: maskOf(wire.cap.inheritable),
        }
      : undefined,
    namespaces: undefined,
    parent,
    pod: pod
      ? {
          namespace: pod.namespace ?? "",
          name: pod.name ?? "",
          labels: pod.labels ?? [],
          ...(pod.container && { container: containerOf(pod.container) }),
          maybeExecProbe: pod.container?.maybe_exec_probe ?? false,
        }
      : undefined,
  };
}

/** Filters ask for its name. */
function containerOf({ id, name, image }: fgs.Container.$Properties): Container {
  return {
    ...{ id: id ?? "", name: name ?? "", startTimeNs: 0n },
    image: { id: image?.id ?? "", name: image?.name ?? "" },
  };
}

/** As the container's runtime told it: `containerd://ID`. */
function fullIdOf({ pod }: WireProcess): string {
  return /:\/\/([0-9a-f]{64})$/.exec(pod?.container?.id ?? "")?.[1] ?? "";
}

function maskOf(capabilities: readonly number[] | null | undefined): bigint {
  let mask = 0n;
  for (const bit of capabilities ?? []) if (bit >= 0 && bit < 64) mask |= 1n << BigInt(bit);
  return mask;
}

function kindOf(event: Event): { readonly type: fgs.EventType; readonly body?: Body } {
  const { EventType } = fgs;
  if (event.process_exec) return { type: EventType.PROCESS_EXEC, body: event.process_exec };
  if (event.process_exit) return { type: EventType.PROCESS_EXIT, body: event.process_exit };
  if (event.process_kprobe) return { type: EventType.PROCESS_KPROBE, body: event.process_kprobe };
  if (event.process_tracepoint) {
    return { type: EventType.PROCESS_TRACEPOINT, body: event.process_tracepoint };
  }
  if (event.process_dns) return { type: EventType.PROCESS_DNS, body: event.process_dns };
  if (event.finding) return { type: EventType.FINDING, body: event.finding };
  return { type: event.test ? EventType.TEST : EventType.UNDEF };
}
