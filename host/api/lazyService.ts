/**
 * Services that few clients call and that take long to load: they are there from the start, and
 * their code is loaded with their first call.
 */
import type {
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { toStatus } from "./status.js";

export interface LazyMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly kind: "unary" | "serverStream" | "duplex";
}

/** Where a library adds its services instead of to a server. */
export type Adder = Pick<Server, "addService">;

/** Adds the methods of one service; `load` adds the whole service, whose definition has their paths. */
export function addLazily(
  server: Server,
  methods: readonly LazyMethod[],
  load: () => Promise<(adder: Adder) => void>,
): void {
  let loaded: Promise<Loaded> | undefined;
  const method = async (path: string) => {
    loaded ??= load().then(collect);
    const found = (await loaded).get(path);
    if (!found) throw new Error(`${path} is no method of the service that was loaded`);
    return found;
  };
  const definition: Record<string, object> = {};
  const handlers: Record<string, unknown> = {};
  for (const { path, kind } of methods) {
    definition[path] = {
      ...{ path, requestStream: kind === "duplex", responseStream: kind !== "unary" },
      ...{ requestSerialize: same, requestDeserialize: same },
      ...{ responseSerialize: same, responseDeserialize: same },
    };
    handlers[path] = kind === "unary" ? unary(path, method) : streaming(path, method);
  }
  server.addService(definition as ServiceDefinition, handlers as UntypedServiceImplementation);
}

interface Found {
  readonly read: (bytes: Buffer) => unknown;
  readonly write: (value: unknown) => Buffer;
  readonly handle: (call: unknown, callback?: sendUnaryData<unknown>) => void;
}

type Loaded = ReadonlyMap<string, Found>;
type Finder = (path: string) => Promise<Found>;

function collect(addTo: (adder: Adder) => void): Loaded {
  const all = new Map<string, Found>();
  addTo({
    addService(service, implementation) {
      for (const [name, method] of Object.entries(service)) {
        const own = implementation[name] ?? implementation[method.originalName ?? ""];
        const handle = (own as Found["handle"]).bind(implementation);
        all.set(method.path, {
          ...{ read: method.requestDeserialize, write: method.responseSerialize, handle },
        });
      }
    },
  });
  return all;
}

function unary(path: string, find: Finder) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    find(path).then(
      ({ read, write, handle }) =>
        handle({ request: read(call.request), metadata: call.metadata }, (error, value, ...rest) =>
          callback(error, value === null || value === undefined ? null : write(value), ...rest),
        ),
      (error: unknown) => callback(toStatus(error)),
    );
  };
}

function streaming(path: string, find: Finder) {
  return (call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>) => {
    find(path).then(
      ({ read, write, handle }) => handle(decoded(call, read, write)),
      (error: unknown) => void call.emit("error", toStatus(error)),
    );
  };
}

/** The call as its handler expects it, with messages in place of bytes. */
function decoded(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  read: Found["read"],
  write: Found["write"],
) {
  const on = (event: string, listener: (...args: unknown[]) => void) => {
    if (event === "data") call.on("data", (bytes: Buffer) => listener(read(bytes)));
    else call.on(event, listener);
  };
  return {
    request: "request" in call && call.request ? read(call.request) : undefined,
    metadata: call.metadata,
    write: (value: unknown) => call.write(write(value)),
    end: () => call.end(),
    emit: (event: string, ...args: unknown[]) => call.emit(event, ...args),
    on,
    once: on,
    get cancelled() {
      return call.cancelled;
    },
  };
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
