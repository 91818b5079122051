/**
 * The HTTP/2 stream beneath a server-streaming call of grpc-js. It is private there, so what is
 * found is looked at before it is used: another grpc-js may keep it elsewhere, or none.
 */
import type { ServerWritableStream } from "@grpc/grpc-js";

/** As much of node:http2's `ServerHttp2Stream` as is used. */
export interface CallStream {
  readonly id: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  on(event: "drain", listener: () => void): unknown;
}

/** grpc-js's count of messages, of connections whose calls it counts. */
export interface SentCounter {
  addMessageSent(): void;
}

export interface CallParts {
  readonly stream: CallStream;
  readonly counter: SentCounter | undefined;
}

/** @returns undefined if it is not where, or not what, it is expected to be */
export function streamOf(call: ServerWritableStream<unknown, unknown>): CallParts | undefined {
  // An interceptor may want to see each message: then there is another object in between, without it.
  const inner = property(call, "call");
  const stream = property(inner, "stream");
  if (!isCallStream(stream)) return undefined;
  // Set from the start, if to null: one that has none counts differently.
  if (typeof inner !== "object" || inner === null || !("callEventTracker" in inner))
    return undefined;
  const counter = inner.callEventTracker;
  if (counter === null) return { stream, counter: undefined };
  return isCounter(counter) ? { stream, counter } : undefined;
}

function isCallStream(value: unknown): value is CallStream {
  return (
    typeof property(value, "id") === "number" &&
    typeof property(value, "headersSent") === "boolean" &&
    typeof property(value, "writableEnded") === "boolean" &&
    typeof property(value, "destroyed") === "boolean" &&
    property(value, "writableObjectMode") === false &&
    typeof property(value, "write") === "function" &&
    typeof property(value, "on") === "function" &&
    typeof property(value, "sendTrailers") === "function"
  );
}

function isCounter(value: unknown): value is SentCounter {
  return typeof property(value, "addMessageSent") === "function";
}

function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}
