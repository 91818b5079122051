/**
 * A container runtime on a real unix socket, with answers of the test's choosing. Its messages are
 * spelled out here once more, so that client and server do not share a mistake.
 */
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** Bytes written by hand: `[field, value]`; a string, a number (int64) or a message. */
export type Fields = readonly (readonly [number, string | number | Buffer | Fields])[];

export function bytesOf(fields: Fields): Buffer {
  const writer = protobuf.Writer.create();
  for (const [field, value] of fields) {
    if (typeof value === "number") writer.uint32(field * 8).int64(value);
    else if (typeof value === "string") writer.uint32(field * 8 + 2).string(value);
    else writer.uint32(field * 8 + 2).bytes(Buffer.isBuffer(value) ? value : bytesOf(value));
  }
  return Buffer.from(writer.finish());
}

export interface FakeContainer {
  readonly sandboxId: string;
  readonly name: string;
  readonly startedNs?: number;
}

export interface FakeSandbox {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface FakeCriOptions {
  readonly containers?: Readonly<Record<string, FakeContainer>>;
  readonly sandboxes?: Readonly<Record<string, FakeSandbox>>;
  /** Answers in place of what it would say, by method; "hang": never; undefined: as usual. */
  readonly instead?: (method: string, id: string) => Buffer | "hang" | undefined;
  /** Nothing is answered before. */
  readonly gate?: Promise<void>;
  /** Told of each call. */
  readonly onCall?: (method: string, id: string) => void;
  readonly methods?: readonly string[];
}

const map = (entries: Readonly<Record<string, string>> = {}, field: number): Fields =>
  Object.entries(entries).map(
    ([key, value]) =>
      [
        field,
        [
          [1, key],
          [2, value],
        ],
      ] as const,
  );

const all = ["Version", "ListContainers", "ContainerStatus", "ListPodSandbox"];

/** Serves until `stop`. */
export async function startFakeCri(
  path: string,
  options: FakeCriOptions,
): Promise<{ stop(): void }> {
  const { containers = {}, sandboxes = {} } = options;
  const answers: Record<string, (id: string) => Fields> = {
    Version: () => [
      [1, "0.1.0"],
      [2, "containerd"],
      [3, "v1"],
      [4, "v1"],
    ],
    ListContainers: (id) => {
      const container = containers[id];
      if (!container) return [];
      const { sandboxId, name } = container;
      return [
        [
          1,
          [
            [1, id],
            [2, sandboxId],
            [
              3,
              [
                [1, name],
                [2, 3],
              ],
            ],
            [6, 1],
            [7, 77],
          ],
        ],
      ];
    },
    ContainerStatus: (id) => [
      [
        1,
        [
          [1, id],
          [3, 1],
          [4, 77],
          [5, containers[id]?.startedNs ?? 1_700_000_000_123_456],
          [8, [[1, "docker.io/shop/web:1"]]],
          [9, "docker.io/shop/web@sha256:abc"],
        ],
      ],
    ],
    ListPodSandbox: (id) => {
      const sandbox = sandboxes[id];
      if (!sandbox) return [];
      const metadata: Fields = [
        [1, sandbox.name],
        [2, "uid"],
        [3, sandbox.namespace],
      ];
      const { labels, annotations } = sandbox;
      return [[1, [[1, id], [2, metadata], [4, 88], ...map(labels, 5), ...map(annotations, 6)]]];
    },
  };
  const server = new Server();
  for (const method of options.methods ?? all) {
    const definition = {
      path: `/runtime.v1.RuntimeService/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    };
    server.addService({ [method]: definition }, {
      [method]: (call: ServerUnaryCall<Buffer, Buffer>, reply: (e: null, b: Buffer) => void) => {
        const id = idIn(call.request);
        options.onCall?.(method, id);
        const instead = options.instead?.(method, id);
        if (instead === "hang") return;
        const answer = instead ?? bytesOf(answers[method]?.(id) ?? []);
        void Promise.resolve(options.gate).then(() => reply(null, answer));
      },
    } as unknown as UntypedServiceImplementation);
  }
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return { stop: () => server.forceShutdown() };
}

/** The id in a request: field 1, be it the text itself or a filter whose field 1 is. */
function idIn(request: Buffer): string {
  return /[0-9a-f]{64}/.exec(request.toString("latin1"))?.[0] ?? "";
}
