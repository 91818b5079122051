import type { Container, Pod } from "../events/model.js";
import type { CachedProcess } from "../events/process.js";
import type { ContainerInfo } from "./answer.js";
import type { HeldQueue } from "./heldQueues.js";
import { isProbe } from "./probes.js";

/** All that is known of one container, and of our asking for it. */
export class Entry {
  /** Its events wait: for a first answer, or for one that is complete. */
  waiting = false;
  /** When they stop to. */
  deadlineMs = 0;
  /** A question is under way. */
  asking = false;
  /** The earliest time for the next question, and what to add for the one after. */
  nextAskMs = 0;
  retryMs = 0;
  /** The same when nothing waits for it. */
  restMs = 0;
  /** The last answer was that nobody knows it; undefined: there was none, or a failure. */
  lastAnswer: "found" | "unknown" | "failed" | undefined = undefined;
  complete = false;
  lastUsedMs = 0;
  /** Where events are that it may not overtake. */
  queue: HeldQueue | undefined = undefined;
  #probes: ContainerInfo["probes"] = [];
  #pod: Pod | undefined = undefined;
  #probePod: Pod | undefined = undefined;

  constructor(readonly id: string) {}

  get isKnown(): boolean {
    return this.#pod !== undefined;
  }

  set info(info: ContainerInfo) {
    const { namespace, podName: name, labels, startTimeNs } = info;
    const image = { id: info.imageId, name: info.imageName };
    const container: Container = { id: info.id, name: info.name, image, startTimeNs };
    this.#pod = { namespace, name, labels, container, maybeExecProbe: false };
    this.#probePod = { ...this.#pod, maybeExecProbe: true };
    this.#probes = info.probes;
  }

  /** Tells the process its pod, if we know it and it does not. */
  attach(process: CachedProcess): void {
    if (this.#pod === undefined || process.pod !== undefined) return;
    process.pod = isProbe(process, this.#probes) ? this.#probePod : this.#pod;
    // It may have been encoded before, as a parent or in an event that did not wait long enough.
    process.wire = undefined;
  }
}
