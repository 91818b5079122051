/** Events of processes in containers, without a kernel and a decoder. */
import { type Event, EventType } from "../../../host/events/model.js";
import { CachedProcess } from "../../../host/events/process.js";
import type { ContainerInfo, LookupAnswer } from "../../../host/pods/answer.js";
import { defaultLimits, type PodStageLimits } from "../../../host/pods/limits.js";
import { PodStage } from "../../../host/pods/podStage.js";

export const idOf = (name: string) => Buffer.from(name.padEnd(32, ".")).toString("hex");

let nextKeyNs = 1n;

export function processIn(
  container: string,
  init: { pid?: number; parent?: CachedProcess; binary?: string; arguments?: string } = {},
): CachedProcess {
  const { pid = 1000, parent, binary = "/bin/x" } = init;
  return new CachedProcess("node", {
    pid,
    keyNs: nextKeyNs++,
    startTimeNs: 0n,
    uid: 0,
    auid: 0,
    binary,
    arguments: init.arguments ?? "",
    cwd: "/",
    flags: "",
    docker: container && idOf(container).slice(0, 31),
    containerId: container && idOf(container),
    nsPid: 7,
    cgroupId: 0n,
    cgroupName: "",
    capabilities: undefined,
    namespaces: undefined,
    parent,
  });
}

export function eventOf(process: CachedProcess): Event {
  return {
    type: EventType.EXEC,
    sequence: 0,
    timeNs: 0n,
    process,
    parent: process.parent,
    annotations: undefined,
  };
}

export function infoOf(name: string, more: Partial<ContainerInfo> = {}): ContainerInfo {
  return {
    namespace: "shop",
    podName: `pod-${name}`,
    labels: [`app=${name}`],
    id: `containerd://${idOf(name)}`,
    name,
    imageId: "sha256:1",
    imageName: "shop/web:1",
    startTimeNs: 5n,
    probes: [],
    ...more,
  };
}

export const found = (name: string, more: Partial<ContainerInfo> = {}): LookupAnswer => ({
  kind: "found",
  info: infoOf(name, more),
  complete: true,
});

/** A stage with the clock and the answers in the test's hands. */
export function newStage(limits: Partial<PodStageLimits> = {}) {
  const asked: string[] = [];
  const out: Event[] = [];
  const stage = new PodStage({
    limits: { ...defaultLimits, ...limits },
    ask: (id) => asked.push(Buffer.from(id, "hex").toString().replace(/\.+$/, "")),
  });
  stage.setRuntime(true, out);
  return {
    stage,
    asked,
    /** What came out since the last call, as `binary`s, with the pod's name if there is one. */
    took: () =>
      out
        .splice(0)
        .map(({ process }) => process.binary + (process.pod ? ` in ${process.pod.name}` : "")),
    take: (process: CachedProcess, nowMs = 0) => stage.take(eventOf(process), nowMs, out),
    answer: (name: string, answer: LookupAnswer, nowMs = 0) =>
      stage.answer(idOf(name), answer, nowMs, out),
    tick: (nowMs: number) => stage.tick(nowMs, out),
    out,
  };
}
