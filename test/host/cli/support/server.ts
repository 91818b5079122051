/**
 * A real gRPC server with answers of the test's choosing: here the client is under test, and the
 * daemon must be able to misbehave.
 */
import {
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  nodeService,
  pluginsService,
  policiesService,
  sensorsService,
} from "../../../../host/api/services.js";
import { fgs, type guidestar } from "../../../../proto/generated/api.js";

export type Event = fgs.GetEventsResponse.$Properties;
export type EventCall = ServerWritableStream<fgs.GetEventsRequest, Buffer>;

/** An answer, or `GrpcFailure` thrown. */
type Answer = (request: never) => unknown;

export class GrpcFailure extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}

export interface Script {
  readonly getEvents?: (call: EventCall, callNumber: number) => void;
  /** By the method's name in the .proto, of `Policies` as `Policies/List`; methods that are not here are not implemented. */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly upload?: (
    parts: readonly guidestar.UploadPluginRequest.$Properties[],
  ) => guidestar.UploadPluginResponse.$Properties;
  /** Default: a free port of the loopback address. */
  readonly address?: string;
}

export interface TestServer {
  readonly address: string;
  /** Filters and all, of every GetEvents call. */
  readonly requests: fgs.GetEventsRequest[];
  stop(): void;
}

export async function startServer(script: Script): Promise<TestServer> {
  const server = new Server();
  const requests: fgs.GetEventsRequest[] = [];
  const { GetEvents, ...sensorCalls } = sensorsService;
  server.addService(
    { GetEvents },
    {
      GetEvents: (call: EventCall) => {
        requests.push(call.request);
        if (script.getEvents) return script.getEvents(call, requests.length);
        call.emit("error", { code: status.UNIMPLEMENTED, details: "not here" });
      },
    },
  );
  const { Upload, ...pluginCalls } = pluginsService;
  const services = [
    ["", { ...sensorCalls, ...pluginCalls, ...nodeService }],
    ["Policies/", policiesService],
  ] as const;
  for (const [prefix, service] of services) {
    for (const [name, definition] of Object.entries(service)) {
      const answer = script.answers?.[`${prefix}${name}`];
      if (answer === undefined) continue;
      server.addService(
        { [name]: definition } as never,
        { [name]: unary(answer) } as unknown as UntypedServiceImplementation,
      );
    }
  }
  const { upload } = script;
  if (upload) {
    server.addService({ Upload }, {
      Upload: (
        call: AsyncIterable<guidestar.UploadPluginRequest>,
        callback: (error: unknown, value?: unknown) => void,
      ) => {
        void gather(call).then((parts) => reply(() => upload(parts), callback));
      },
    } as unknown as UntypedServiceImplementation);
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      script.address ?? "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, port) => (error ? reject(error) : resolve(port)),
    );
  });
  return {
    address: script.address?.replace(/^unix:/, "unix://") ?? `127.0.0.1:${bound}`,
    requests,
    stop: () => server.forceShutdown(),
  };
}

/** Writes events to a GetEvents call. */
export function send(call: EventCall, ...events: readonly Event[]): void {
  for (const event of events) call.write(Buffer.from(fgs.GetEventsResponse.encode(event).finish()));
}

function unary(answer: Answer) {
  return (call: { request: never }, callback: (error: unknown, value?: unknown) => void) =>
    reply(() => answer(call.request), callback);
}

function reply(answer: () => unknown, callback: (error: unknown, value?: unknown) => void): void {
  try {
    callback(null, answer());
  } catch (error) {
    if (!(error instanceof GrpcFailure)) throw error;
    callback({ code: error.code, details: error.details });
  }
}

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
