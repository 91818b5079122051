/** Bounds of everything that a slow or lying container runtime could otherwise make grow. */

export interface PodStageLimits {
  /** How long events of a container wait for its pod, once in the container's life. 0: not at all. */
  readonly waitMs: number;
  /** Most events that wait at a time, and their estimated size. */
  readonly heldEvents: number;
  readonly heldBytes: number;
  /** Most containers remembered. */
  readonly containers: number;
  /** How long, in the end, a container that nobody knew is not asked for again. */
  readonly unknownMs: number;
  /** The same after runtimes that gave no usable answer. */
  readonly failedMs: number;
  /** How long a container that has no process left is remembered. */
  readonly goneMs: number;
}

export const defaultLimits: PodStageLimits = {
  waitMs: 1000,
  heldEvents: 16_384,
  heldBytes: 32 << 20,
  containers: 8192,
  unknownMs: 30_000,
  failedMs: 5_000,
  goneMs: 30_000,
};

/** While events wait, the next question comes after this long, then after twice as long, and so on. */
export const firstRetryMs = 25;
export const lastRetryMs = 400;
/** When they no longer do, the first question comes after this long, if an event gives cause for one. */
export const firstRestMs = 500;

/** One call to a runtime. Longer than events wait: a late answer serves those that come after. */
export const callMs = 5000;
/** A runtime's answer is about one container; no honest one comes near. */
export const answerBytes = 1 << 20;
/** Questions that are under way at a time, and that wait to be asked. */
export const lookupsAtOnce = 16;
export const lookupsWaiting = 8192;
/** How often we look for sockets that came or went. */
export const socketsEveryMs = 5000;
/** Longer texts are cut, more labels are left out. Kubernetes allows 253 and 317 + 63. */
export const textChars = 1024;
export const labelsOfPod = 256;
export const probesOfContainer = 8;
