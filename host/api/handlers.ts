/** How calls reach our functions, and how what they throw reaches the client. */
import type {
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerReadableStream,
  ServerWritableStream,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Method } from "./services.js";
import { toStatus } from "./status.js";

/** One handler for each method of a service. */
export type Handlers<Service> = { readonly [Name in keyof Service]: UntypedHandleCall };

/** What a handler may ask about its call while it works. */
export interface Ongoing {
  /** The client has gone, or its time is up: nobody waits for the answer. */
  readonly cancelled: boolean;
}

export function unary<Request, ResponseIn>(
  _method: Method<Request, never, unknown, ResponseIn>,
  answer: (request: Request, call: Ongoing) => ResponseIn | Promise<ResponseIn>,
): handleUnaryCall<Request, ResponseIn> {
  return (call, callback) => {
    settle(async () => answer(call.request, call), callback);
  };
}

/** The handler reads the stream to its end, or throws. */
export function clientStream<Request, ResponseIn>(
  _method: Method<Request, never, unknown, ResponseIn>,
  answer: (call: ServerReadableStream<Request, ResponseIn>) => Promise<ResponseIn>,
): handleClientStreamingCall<Request, ResponseIn> {
  return (call, callback) => {
    settle(() => answer(call), callback);
  };
}

/** The handler ends the stream, at any time later, or throws at once. */
export function serverStream<Request, Encoded>(
  _method: Method<Request, never, unknown, Encoded>,
  begin: (call: ServerWritableStream<Request, Encoded>) => Promise<void>,
): handleServerStreamingCall<Request, Encoded> {
  return (call) => {
    begin(call).catch((error: unknown) => call.emit("error", toStatus(error)));
  };
}

function settle<Response>(
  answer: () => Promise<Response>,
  callback: (error: ReturnType<typeof toStatus> | null, response?: Response) => void,
): void {
  answer().then(
    (response) => callback(null, response),
    (error: unknown) => callback(toStatus(error)),
  );
}
