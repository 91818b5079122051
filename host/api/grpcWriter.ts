import { Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import type { Loss } from "../stream/loss.js";
import type { MessageWriter } from "../stream/writer.js";
import { streamOf } from "./callStream.js";
import { toStatus } from "./status.js";

/** Trailers of GetEvents: how many events the stream lost since it began. */
export const lostTrailer = "guidestar-lost";
export const lostRingTrailer = "guidestar-lost-ring";
export const lostAggregationTrailer = "guidestar-lost-aggregation";

type Call = ServerWritableStream<unknown, Buffer>;

/** How messages get onto the wire; for tests and benches, else the best that there is. */
export type WriterKind = "frames" | "messages";

/** Many messages in one write where grpc-js lets us; else one at a time. */
export function grpcWriter(call: Call, kind: WriterKind = "frames"): MessageWriter {
  return (kind === "frames" ? frameWriter(call) : undefined) ?? messageWriter(call);
}

/**
 * Larger writes cost less a message: 64 KiB are 160 events of 400 bytes. What is handed over is no
 * longer in the queue, and cannot be left out for a client that does not read.
 */
const mostFrameBytes = 256 * 1024;
/** The flag in front of a message: grpc-js sends none compressed. */
const prefixBytes = 5;

/** One message at a time through grpc-js, whose own buffer for a call is 16 messages. */
export function messageWriter(call: Call): MessageWriter {
  return {
    mostBytes: 0,
    open: () => call.sendMetadata(new Metadata()),
    write: (frame) => call.write(frame.subarray(prefixBytes)),
    onDrain: (listener) => call.on("drain", listener),
    end: (lost, error) => end(call, lost, error),
  };
}

/**
 * Framed messages straight to the HTTP/2 stream, which does flow control; headers, trailers, deadlines
 * and cancellation stay with grpc-js. @returns undefined if grpc-js does not show the stream
 */
export function frameWriter(call: Call): MessageWriter | undefined {
  const parts = streamOf(call);
  if (parts === undefined) return undefined;
  const { stream, counter } = parts;
  return {
    mostBytes: mostFrameBytes,
    open: () => call.sendMetadata(new Metadata()),
    write: (frames, count) => {
      // At its deadline, or when the client goes, grpc-js ends the stream before it tells us.
      if (stream.writableEnded || stream.destroyed || !stream.headersSent) return false;
      if (counter !== undefined) for (let n = 0; n < count; n++) counter.addMessageSent();
      return stream.write(frames);
    },
    onDrain: (listener) => stream.on("drain", listener),
    end: (lost, error) => end(call, lost, error),
  };
}

function end(call: Call, lost: Loss, error: Error | undefined) {
  const metadata = new Metadata();
  metadata.set(lostTrailer, String(lost.slowClient));
  metadata.set(lostRingTrailer, String(lost.ring));
  metadata.set(lostAggregationTrailer, String(lost.aggregation));
  // grpc-js takes an error event as the status to end with, behind what was written.
  if (error === undefined) call.end(metadata);
  else call.emit("error", { ...toStatus(error), metadata });
}
