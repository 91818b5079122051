import { type ClientReadableStream, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { fgs } from "../../proto/generated/api.js";
import type { Connection } from "./clientCalls.js";
import { lostAggregationTrailer, lostRingTrailer, lostTrailer } from "./grpcWriter.js";
import { sensorsService } from "./services.js";
import { fromServiceError } from "./status.js";

/** Events lost to one stream since it began. */
export interface StreamLosses {
  /** By this client, because it read too slowly. */
  readonly slowClient: number;
  /** By the kernel's ring buffer, whatever the filters. */
  readonly ring: number;
  /** By the buffer of its aggregation, if it is aggregated. */
  readonly aggregation: number;
}

/** One GetEvents call. Iterate it once; leaving the loop cancels the call. */
export interface EventStream extends AsyncIterable<fgs.GetEventsResponse> {
  /** Resolves when every event from now on will arrive; rejects if the daemon refuses the call. */
  readonly ready: Promise<void>;
  /** Known when the stream is over; a daemon that is not guidestar does not tell: zeros. */
  readonly losses: Promise<StreamLosses>;
  /** Ends the loop without an error. Twice does no harm. */
  cancel(): void;
}

export function getEvents(
  { client, place }: Connection,
  request: fgs.GetEventsRequest.$Properties,
): EventStream {
  const method = sensorsService.GetEvents;
  const call = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    new Metadata(),
  );
  let isCancelled = false;
  const outcome = watch(call, place);
  const cancel = () => {
    isCancelled = true;
    call.cancel();
  };
  return {
    ready: outcome.ready,
    losses: outcome.losses,
    cancel,
    async *[Symbol.asyncIterator]() {
      try {
        yield* call;
      } catch {
        // The outcome below says the same, in our words.
      } finally {
        // Releases the call when its reader leaves the loop; does nothing to one that is over.
        call.cancel();
      }
      const error = await outcome.error;
      if (error !== undefined && !isCancelled) throw error;
    },
  };
}

/** Follows a call from its start, so that nothing it says is missed, or thrown where nobody listens. */
function watch(call: ClientReadableStream<fgs.GetEventsResponse>, place: string) {
  const error = new Promise<Error | undefined>((resolve) => {
    call.on("error", (cause: ServiceError) => resolve(fromServiceError(cause, place)));
    call.once("status", ({ code }) => {
      if (code === status.OK) resolve(undefined);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    call.once("metadata", () => resolve());
    void error.then((cause) => (cause === undefined ? resolve() : reject(cause)));
  });
  ready.catch(() => {});
  const losses = new Promise<StreamLosses>((resolve) => {
    call.once("status", ({ metadata }) => {
      resolve({
        slowClient: Number(metadata.get(lostTrailer)[0] ?? 0),
        ring: Number(metadata.get(lostRingTrailer)[0] ?? 0),
        aggregation: Number(metadata.get(lostAggregationTrailer)[0] ?? 0),
      });
    });
  });
  return { error, ready, losses };
}
