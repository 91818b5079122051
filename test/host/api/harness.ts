import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type Client, type ConnectOptions, connect } from "../../../host/api/client.js";
import { type RunningServer, type ServerOptions, startServer } from "../../../host/api/server.js";
import { PluginManager, type Prepare } from "../../../host/plugins/manager.js";
import { memoryStorage } from "../../../host/plugins/store/storage.js";
import { FakePort } from "./fakePort.js";

export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "guidestar-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface Running {
  readonly server: RunningServer;
  readonly port: FakePort;
  /** The first address. */
  readonly address: string;
}

/** A server on a unix socket of its own, or as the options say; closed after the test. */
export async function start(
  t: TestContext,
  {
    prepare: prepareWith = prepare,
    ...options
  }: Partial<ServerOptions> & { prepare?: Prepare } = {},
): Promise<Running> {
  const port = new FakePort();
  const plugins = await PluginManager.open({
    storage: memoryStorage(),
    prepare: prepareWith,
    nowMs: () => 1_700_000_000_123,
  });
  plugins.attach(port);
  const server = await startServer({
    listen: [`unix://${join(temporaryDirectory(t), "s.sock")}`],
    port,
    plugins,
    version: "1.2.3",
    nodeName: "node",
    closeGraceMs: 300,
    ...options,
  });
  t.after(() => server.close());
  return { server, port, address: server.addresses[0] as string };
}

export async function connected(t: TestContext, options: ConnectOptions): Promise<Client> {
  const client = await connect(options);
  t.after(() => client.close());
  return client;
}

/** Takes anything that begins as a WASM module does, without the validation of the real one. */
export const prepare: Prepare = async (module, { name }) => ({
  name: name ?? "unnamed",
  version: createHash("sha256").update(module).digest("hex"),
  manifestVersion: "1.0.0",
  description: "",
  size: module.length,
  code: module,
  eventTypes: [],
  tickMs: 0,
  settings: "",
  failurePolicy: "open",
  scope: "node",
});

/** A unary method of a client that grpc-js made from a .proto file. */
type Unary = (
  request: object,
  callback: (error: ServiceError | null, response: Record<string, unknown>) => void,
) => void;

/** An existing client of the API: it knows the seed's fgs.proto and nothing of ours. */
export function existingClient(t: TestContext, address: string) {
  const file = fileURLToPath(new URL("../../../../test/proto/seed/fgs.proto", import.meta.url));
  const definition = loadSync(file, { keepCase: true, longs: String, enums: String });
  // biome-ignore lint/suspicious/noExplicitAny: what is in a loaded package is known to its file only
  const { fgs } = loadPackageDefinition(definition) as any;
  const client = new fgs.FineGuidanceSensors(address, credentials.createInsecure());
  t.after(() => client.close());
  return {
    client,
    /** Calls a unary method; rejects with the `ServiceError`. */
    call: (method: string, request: object = {}) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        (client[method] as Unary).call(client, request, (error, response) => {
          if (error !== null) reject(error);
          else resolve(response);
        });
      }),
  };
}

/** Bytes in use, after everything that is no longer needed has been let go. */
export function memoryInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const check = () => {
      if (condition()) resolve();
      else if (Date.now() > deadlineMs)
        reject(new Error(`not within ${timeoutMs} ms: ${condition}`));
      else setTimeout(check, 5);
    };
    check();
  });
}
