import { fgs } from "../../../proto/generated/api.js";
import { type Capabilities, namespaceNames, type Pod, type Process } from "../../events/model.js";
import { bits } from "./argumentStructs.js";
import { type Given, isObject, type Json } from "./given.js";

const fields = [
  ...["exec_id", "pid", "uid", "auid", "cwd", "binary", "arguments", "flags", "docker", "pod"],
  ...["start_time", "cap", "ns", "interpreter", "ns_pid", "euid", "gid", "egid", "in_init_tree"],
  // Not of events as they are shown: whole lines of ancestors can be written down.
  "parent",
];
/** Shown, and of no use here. */
const ignored = [
  ...["parent_exec_id", "refcnt", "tid", "binary_properties", "user", "file"],
  "process_credentials",
];

/** Processes as events show them, each one once. */
export class ProcessReader {
  private nextPid = 1000;
  private readonly known = new Map<string, Process>();

  constructor(private readonly given: Given) {}

  /** `nowMs`: when it started, if it does not say; `parent`: if it names none. */
  read(value: unknown, place: string, nowMs: number, parent: Process | undefined): Process {
    const { given: check } = this;
    const given = check.object(value, place);
    check.known(given, [...fields, ...ignored], place);
    const above = given.parent
      ? this.read(given.parent, `${place}.parent`, nowMs, undefined)
      : parent;
    const id = typeof given.exec_id === "string" ? given.exec_id : undefined;
    const known = id === undefined ? undefined : this.known.get(id);
    if (known) return known;
    const process = this.make(given, place, nowMs, above);
    this.known.set(process.execId, process);
    return process;
  }

  private make(given: Json, place: string, nowMs: number, parent: Process | undefined): Process {
    const text = (name: string, otherwise = "") => this.given.text(given, name, place, otherwise);
    const pid = numberOf(given.pid) ?? this.nextPid++;
    const keyNs = BigInt(pid) * 1_000_000n;
    const startMs = Date.parse(text("start_time"));
    const interpreter = text("interpreter");
    const uid = numberOf(given.uid) ?? 0;
    const gid = numberOf(given.gid);
    return {
      execId: text("exec_id", Buffer.from(`test:${keyNs}:${pid}`).toString("base64")),
      pid,
      nsPid: numberOf(given.ns_pid) ?? pid,
      inInitTree: given.in_init_tree === true,
      keyNs,
      startTimeNs: BigInt(Number.isNaN(startMs) ? nowMs : startMs) * 1_000_000n,
      uid,
      auid: numberOf(given.auid) ?? 0xffffffff,
      binary: text("binary"),
      arguments: text("arguments"),
      cwd: text("cwd", "/"),
      flags: text("flags", "execve clone"),
      docker: text("docker"),
      cgroupId: 0n,
      cgroupName: "",
      capabilities: isObject(given.cap) ? capabilitiesOf(given.cap) : undefined,
      namespaces: isObject(given.ns) ? namespacesOf(given.ns) : undefined,
      parent,
      ...(interpreter !== "" && { interpreter }),
      euid: numberOf(given.euid) ?? uid,
      ...(gid !== undefined && { gid, egid: numberOf(given.egid) ?? gid }),
      ...(isObject(given.pod) && { pod: podOf(given.pod) }),
    };
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function capabilitiesOf(given: Json): Capabilities {
  const set = (value: unknown) => (Array.isArray(value) ? bits(value.map(capabilityNumber)) : 0n);
  return {
    permitted: set(given.permitted),
    effective: set(given.effective),
    inheritable: set(given.inheritable),
  };
}

function capabilityNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return fgs.CapabilitiesType[String(value) as keyof typeof fgs.CapabilitiesType] ?? 0;
}

function namespacesOf(given: Json): number[] {
  return namespaceNames.map((name) => {
    const namespace = given[name];
    return isObject(namespace) ? (numberOf(namespace.inum) ?? 0) : 0;
  });
}

function podOf(given: Json): Pod {
  const container = isObject(given.container) ? given.container : undefined;
  const image = isObject(container?.image) ? container.image : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const labels = Array.isArray(given.labels) ? given.labels.map(text) : [];
  return {
    namespace: text(given.namespace),
    name: text(given.name),
    ...(labels.length > 0 && { labels }),
    maybeExecProbe: container?.maybe_exec_probe === true,
    ...(container && {
      container: {
        id: text(container.id),
        name: text(container.name),
        image: { id: text(image.id), name: text(image.name) },
        startTimeNs: 0n,
      },
    }),
  };
}
