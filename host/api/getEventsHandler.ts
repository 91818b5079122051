import type { ServerWritableStream } from "@grpc/grpc-js";
import type { fgs } from "../../proto/generated/api.js";
import type { PipelinePort } from "../pipeline/port.js";
import type { PluginManager } from "../plugins/manager.js";
import type { Subscribers } from "../stream/subscribers.js";
import { toStreamSpec } from "./eventsRequest.js";
import { grpcWriter, type WriterKind } from "./grpcWriter.js";
import { serverStream } from "./handlers.js";
import { sensorsService } from "./services.js";

export interface GetEventsOptions {
  readonly port: PipelinePort;
  readonly subscribers: Subscribers;
  readonly plugins: PluginManager;
  readonly writer?: WriterKind | undefined;
}

/** Response headers go out once the filters are in force: from then on nothing is missed. */
export function getEventsHandler({ port, subscribers, plugins, writer }: GetEventsOptions) {
  return serverStream(sensorsService.GetEvents, async (call) => {
    const asked = toStreamSpec(call.request);
    const names = call.request.plugins;
    const spec = names.length === 0 ? asked : { ...asked, plugins: await plugins.forStream(names) };
    if (call.cancelled) return;
    const subscriber = subscribers.add(peerOf(call), grpcWriter(call, writer));
    const remove = () => subscribers.remove(subscriber);
    onOver(call, remove);
    try {
      subscriber.open(await port.subscribe(spec, subscriber));
    } catch (error) {
      remove();
      throw error;
    }
  });
}

type Call = ServerWritableStream<fgs.GetEventsRequest, Buffer>;

/** grpc-js names no peer on a unix socket. */
function peerOf(call: Call): string {
  const peer = call.getPeer();
  return peer === "unknown" ? "unix" : peer;
}

const longestTimerMs = 2 ** 31 - 1;

/** Calls back when the call has ended, by whomever. */
function onOver(call: Call, callback: () => void): void {
  // grpc-js ends a call at its deadline only once the client has read what was written before: a
  // client that does not read would keep its queue.
  const leftMs = Number(call.getDeadline()) - Date.now();
  const timer = leftMs < longestTimerMs ? setTimeout(callback, Math.max(leftMs, 0)) : undefined;
  call.once("cancelled", () => {
    clearTimeout(timer);
    callback();
  });
}
