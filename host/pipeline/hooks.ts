import type { HookDecoder } from "../events/hook/hookDecoder.js";
import { type Event, EventType } from "../events/model.js";
import type { HookCount } from "./port.js";

export function hookCounts(hooks: HookDecoder | undefined): HookCount[] {
  return Array.from(hooks?.hooks ?? [], (hook) => ({
    policy: hook.description.policy,
    hook: hook.name,
    type: hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE,
    events: hook.events,
    elsewhere: hook.elsewhere,
  }));
}

/**
 * Pods are known here and not in the kernel, so here is where policies for some of them are held to
 * it. Where nobody is asked for pods, as when a recording is played, all that was recorded is shown.
 */
export function leaveOutOtherPods(batch: Event[]): void {
  let kept = 0;
  for (const event of batch) {
    const hook = "hook" in event ? event.hook : undefined;
    if (hook?.isForPod !== undefined && !hook.isForPod(event.process?.pod)) hook.elsewhere++;
    else batch[kept++] = event;
  }
  batch.length = kept;
}
