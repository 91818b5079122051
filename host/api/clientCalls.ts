import { type Client, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { Method } from "./services.js";
import { fromServiceError } from "./status.js";

/** A gRPC channel, and how it is called in messages. */
export interface Connection {
  readonly client: Client;
  readonly place: string;
  /** How long a call may take, other than a stream of events. */
  readonly callTimeoutMs: number;
}

/** Calls a unary method. Rejects with a `GuidestarError`. */
export function unary<RequestIn, Response>(
  { client, place, callTimeoutMs }: Connection,
  method: Method<unknown, RequestIn, Response, never>,
  request: RequestIn,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + callTimeoutMs },
      settle(place, resolve, reject),
    );
  });
}

/** What a method answers, one by one. Leaving the loop cancels the call; it throws a `GuidestarError`. */
export async function* serverStream<RequestIn, Response>(
  { client, place }: Connection,
  method: Method<unknown, RequestIn, Response, never>,
  request: RequestIn,
): AsyncGenerator<Response> {
  const call = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    new Metadata(),
  );
  try {
    yield* call;
  } catch (error) {
    throw fromServiceError(error as ServiceError, place);
  } finally {
    // Its end is no news to who left the loop.
    call.on("error", () => {});
    call.cancel();
  }
}

/** Calls a method with a stream of requests, never more of them in memory than the peer takes. */
export function upload<RequestIn, Response>(
  { client, place, callTimeoutMs }: Connection,
  method: Method<unknown, RequestIn, Response, never>,
  requests: Iterable<RequestIn>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const call = client.makeClientStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      new Metadata(),
      { deadline: Date.now() + callTimeoutMs },
      (error, response) => {
        isOver = true;
        settle(place, resolve, reject)(error, response);
      },
    );
    const rest = requests[Symbol.iterator]();
    const writeMore = () => {
      while (!isOver) {
        const next = rest.next();
        if (next.done) return call.end();
        if (!call.write(next.value)) return call.once("drain", writeMore);
      }
    };
    writeMore();
  });
}

function settle<Response>(
  place: string,
  resolve: (response: Response) => void,
  reject: (error: Error) => void,
) {
  return (error: ServiceError | null, response?: Response) => {
    if (error !== null) reject(fromServiceError(error, place));
    else resolve(response as Response);
  };
}
