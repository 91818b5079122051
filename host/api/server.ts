import type { Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { GuidestarError } from "../errors.js";
import type { ExportStatus } from "../export/config.js";
import { InOrder } from "../inOrder.js";
import type { PipelinePort } from "../pipeline/port.js";
import { LogHub } from "../plugins/logHub.js";
import type { PluginManager } from "../plugins/manager.js";
import type { QueueLimits } from "../stream/queue.js";
import { type StreamTotals, Subscribers } from "../stream/subscribers.js";
import { defaultListenAddress, parseAddress } from "./address.js";
import { checkExposure } from "./exposure.js";
import type { WriterKind } from "./grpcWriter.js";
import { Health } from "./health.js";
import { type Listener, listenAll } from "./listen.js";
import { nodeHandlers } from "./nodeHandlers.js";
import { pluginHandlers } from "./pluginHandlers.js";
import { withPlugins } from "./pluginSensors.js";
import { policyHandlers } from "./policyHandlers.js";
import { addReflection } from "./reflection.js";
import { noSensors, type Sensors } from "./sensors.js";
import { sensorsHandlers } from "./sensorsHandlers.js";
import {
  nodeService,
  pluginsService,
  policiesService,
  sensorsService,
  serviceNames,
} from "./services.js";
import { type ServerTls, serverCredentials } from "./tls.js";
import { defaultUploadLimits, type UploadLimits } from "./upload.js";

export interface ServerOptions {
  /** Where to listen, as `parseAddress` reads it. Default: `unix:///run/guidestar/guidestar.sock`. */
  readonly listen?: readonly string[] | undefined;
  /** For TCP; a unix socket is guarded by its file mode. */
  readonly tls?: ServerTls | undefined;
  /** Allows TCP beyond loopback without TLS. Default false. */
  readonly insecure?: boolean | undefined;
  readonly port: PipelinePort;
  /** Its chain is the pipeline's. */
  readonly plugins: PluginManager;
  /** What plugins log. Default: nothing. */
  readonly pluginLogs?: LogHub | undefined;
  /** Of the export to a file; undefined: there is none. */
  readonly exportStatus?: (() => ExportStatus | undefined) | undefined;
  /** Default: none, and none can be added. */
  readonly sensors?: Sensors | undefined;
  readonly version: string;
  readonly nodeName: string;
  /** Bounds of what waits for one stream. Default 10,000 events, 16 MiB. */
  readonly queue?: QueueLimits | undefined;
  /** Event streams at a time. Default 1,000. */
  readonly mostStreams?: number | undefined;
  /** Default 4 MiB a module, 60 s an upload, 8 at a time. */
  readonly upload?: UploadLimits | undefined;
  /** How events get onto the wire; default: as fast as this grpc-js lets us. */
  readonly writer?: WriterKind | undefined;
  /** Told how many events streams lost because the buffer of their aggregation was full. Default: nobody. */
  readonly onFullBuffer?: ((peer: string, events: number) => void) | undefined;
  /** How long `close` waits for clients to read what is theirs. Default 2,000. */
  readonly closeGraceMs?: number | undefined;
}

export interface RunningServer {
  /** Where it listens, with real ports. */
  readonly addresses: readonly string[];
  /** What all event streams did. */
  streams(): StreamTotals;
  /**
   * Stops: streams end with UNAVAILABLE behind what waits for their clients, calls are answered,
   * and what is left after the grace is cut off. Twice does no harm.
   */
  close(): Promise<void>;
}

/** Starts the gRPC server. Rejects with one sentence that says what is in the way. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const upload = options.upload ?? defaultUploadLimits;
  const listen = options.listen ?? [defaultListenAddress];
  const addresses = listen.map((text) => parseAddress(text, "--listen"));
  if (addresses.length === 0) {
    throw new GuidestarError("INVALID_ARGUMENT", "the daemon needs an address to listen at");
  }
  await checkExposure(addresses, options);
  const tcpCredentials =
    options.tls === undefined ? ServerCredentials.createInsecure() : serverCredentials(options.tls);

  const server = new Server({
    // A piece of a module comes with a few bytes around it.
    "grpc.max_receive_message_length": upload.bytes + 64 * 1024,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": 1000,
    // Finds clients whose machine is gone. One that merely does not read answers.
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.enable_channelz": 0,
  });
  const subscribers = new Subscribers({
    queue: options.queue,
    most: options.mostStreams,
    onFullBuffer: options.onFullBuffer,
  });
  const { port, plugins, version, nodeName, writer, pluginLogs = new LogHub() } = options;
  const others = options.sensors ?? noSensors();
  const sensors = withPlugins(others, plugins);
  const queue = new InOrder();
  server.addService(
    sensorsService,
    sensorsHandlers({ port, subscribers, sensors, plugins, version, queue, writer }),
  );
  server.addService(policiesService, policyHandlers({ sensors: others, queue }));
  server.addService(pluginsService, pluginHandlers({ plugins, limits: upload, logs: pluginLogs }));
  const startedMs = Date.now();
  const { exportStatus } = options;
  server.addService(
    nodeService,
    nodeHandlers({ port, subscribers, nodeName, version, startedMs, exportStatus }),
  );
  addReflection(server);
  const health = new Health(serviceNames);
  health.addTo(server);

  // Sockets are ours and not grpc-js's: it cannot say why it could not bind one.
  const unix = server.createConnectionInjector(ServerCredentials.createInsecure());
  const tcp = server.createConnectionInjector(tcpCredentials);
  const listeners = await listenAll(addresses, (socket: Socket, { kind }) =>
    (kind === "unix" ? unix : tcp).injectConnection(socket),
  );

  let closing: Promise<void> | undefined;
  const close = async () => {
    health.set("NOT_SERVING");
    await finishAggregation(port);
    subscribers.end(new GuidestarError("UNAVAILABLE", "the daemon is stopping"));
    await shutDown(server, listeners, options.closeGraceMs ?? 2000);
  };
  return {
    addresses: listeners.map(({ address }) => address),
    streams: () => subscribers.totals(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** What streams have in their windows is theirs. A pipeline that hangs or is gone has nothing more. */
async function finishAggregation(port: PipelinePort): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, finishWithinMs);
  });
  await Promise.race([port.finishAggregation().catch(() => {}), isLate]);
  clearTimeout(timer);
}

const finishWithinMs = 3000;

async function shutDown(server: Server, listeners: readonly Listener[], graceMs: number) {
  for (const listener of listeners) listener.stop();
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
    server.tryShutdown(() => resolve());
  });
  clearTimeout(timer);
  server.forceShutdown();
  for (const listener of listeners) listener.destroy();
}
