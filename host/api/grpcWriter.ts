import { Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import type { MessageWriter } from "../stream/writer.js";
import { toStatus } from "./status.js";

/** Trailers of GetEvents: how many events the stream lost since it began. */
export const lostTrailer = "guidestar-lost";
export const lostRingTrailer = "guidestar-lost-ring";

/** Writes one message at a time through grpc-js, whose own buffer for a call is 16 messages. */
export function grpcWriter(call: ServerWritableStream<unknown, Buffer>): MessageWriter {
  return {
    open: () => call.sendMetadata(new Metadata()),
    write: (message) => call.write(message),
    onDrain: (listener) => call.on("drain", listener),
    end: (lost, error) => {
      const metadata = new Metadata();
      metadata.set(lostTrailer, String(lost.slowClient));
      metadata.set(lostRingTrailer, String(lost.ring));
      // grpc-js takes an error event as the status to end with, behind what was written.
      if (error === undefined) call.end(metadata);
      else call.emit("error", { ...toStatus(error), metadata });
    },
  };
}
