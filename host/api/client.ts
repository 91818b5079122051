import { existsSync } from "node:fs";
import { Client as GrpcClient } from "@grpc/grpc-js";
import type { fgs, guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import {
  type Address,
  defaultSocketPath,
  defaultTcpAddress,
  formatAddress,
  grpcTarget,
  parseAddress,
} from "./address.js";
import { type Connection, unary } from "./clientCalls.js";
import { type EventStream, getEvents } from "./eventStream.js";
import { type PluginsClient, pluginsClient } from "./pluginsClient.js";
import { preflight } from "./preflight.js";
import { nodeService, policiesService, sensorsService } from "./services.js";
import { type ClientTls, clientSecurity } from "./tls.js";

export type { EventStream, StreamLosses } from "./eventStream.js";
export type { PluginsClient } from "./pluginsClient.js";
export type { ClientTls } from "./tls.js";

export interface ConnectOptions {
  /** As `parseAddress` reads it. Default: the unix socket if it exists, else `localhost:54321`. */
  readonly serverAddress?: string | undefined;
  /** Connects with TLS; `{}` trusts the system's authorities. Default: no TLS. */
  readonly tls?: ClientTls | undefined;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long an answer may take, other than a stream of events. Default 60,000. */
  readonly callTimeoutMs?: number | undefined;
}

/** A connection to a daemon. Every call rejects with a `GuidestarError`: the daemon's own sentence. */
export interface Client {
  /** Where the daemon is. */
  readonly address: string;
  readonly sensors: SensorsClient;
  readonly plugins: PluginsClient;
  readonly policies: PoliciesClient;
  readonly node: NodeClient;
  /** Ends all calls. Twice does no harm. */
  close(): void;
}

/** `fgs.FineGuidanceSensors`. */
export interface SensorsClient {
  getEvents(request?: fgs.GetEventsRequest.$Properties): EventStream;
  getHealth(request?: fgs.GetHealthStatusRequest.$Properties): Promise<fgs.GetHealthStatusResponse>;
  addTracingPolicy(yaml: string): Promise<void>;
  removeSensor(name: string): Promise<void>;
  listSensors(): Promise<readonly fgs.SensorStatus.$Properties[]>;
  enableSensor(name: string): Promise<void>;
  disableSensor(name: string): Promise<void>;
  setSensorConfig(name: string, key: string, value: string): Promise<void>;
  getSensorConfig(name: string, key: string): Promise<string>;
  getStackTraceTree(name: string): Promise<fgs.StackTraceNode.$Properties | undefined>;
  getVersion(): Promise<string>;
}

/** `guidestar.Policies`. */
export interface PoliciesClient {
  list(): Promise<readonly guidestar.Policy.$Properties[]>;
  delete(name: string): Promise<void>;
  trees(): Promise<readonly guidestar.StackTraceTree.$Properties[]>;
}

/** `guidestar.Node`. */
export interface NodeClient {
  getStatus(): Promise<guidestar.GetStatusResponse>;
}

/** Connects to a daemon. Rejects with one sentence that says why it could not. */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { connectTimeoutMs = 10_000, callTimeoutMs = 60_000 } = options;
  const address = chooseAddress(options.serverAddress);
  const { credentials, context } = clientSecurity(options.tls);
  const deadlineMs = Date.now() + connectTimeoutMs;
  try {
    await preflight(address, context, connectTimeoutMs);
  } catch (error) {
    throw options.serverAddress === undefined ? withDefaults(error, address) : error;
  }
  const client = new GrpcClient(grpcTarget(address), credentials, {
    // A proxy of the environment is for the world, not for daemons.
    "grpc.enable_http_proxy": 0,
    "grpc.max_receive_message_length": -1,
  });
  const place = formatAddress(address);
  try {
    await ready(client, place, deadlineMs);
  } catch (error) {
    client.close();
    throw error;
  }
  const connection = { client, place, callTimeoutMs };
  return {
    address: place,
    sensors: sensorsClient(connection),
    plugins: pluginsClient(connection),
    policies: {
      list: async () => (await unary(connection, policiesService.List, {})).policies,
      delete: async (name) => {
        await unary(connection, policiesService.Delete, { name });
      },
      trees: async () => (await unary(connection, policiesService.ListStackTraceTrees, {})).trees,
    },
    node: { getStatus: () => unary(connection, nodeService.GetStatus, {}) },
    close: () => client.close(),
  };
}

function chooseAddress(text: string | undefined): Address {
  if (text !== undefined) return parseAddress(text, "--server-address");
  if (existsSync(defaultSocketPath)) return { kind: "unix", path: defaultSocketPath };
  return parseAddress(defaultTcpAddress, "--server-address");
}

function withDefaults(value: unknown, address: Address): GuidestarError {
  const error = GuidestarError.from(value);
  if (address.kind === "unix" || error.code !== "UNAVAILABLE") return error;
  return new GuidestarError(
    "UNAVAILABLE",
    `no daemon found: there is no socket ${defaultSocketPath}, and nothing answers at ${defaultTcpAddress}; start one with 'guidestar daemon', or say where it is with --server-address`,
    { cause: error },
  );
}

/** The preflight went well: what can still go wrong is that the daemon goes away. */
function ready(client: GrpcClient, place: string, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(deadlineMs, (error) => {
      if (error === undefined) return resolve();
      reject(new GuidestarError("UNAVAILABLE", `${place} stopped answering`, { cause: error }));
    });
  });
}

function sensorsClient(connection: Connection): SensorsClient {
  const service = sensorsService;
  return {
    getEvents: (request = {}) => getEvents(connection, request),
    getHealth: (request = {}) => unary(connection, service.GetHealth, request),
    addTracingPolicy: async (yaml) => {
      await unary(connection, service.AddTracingPolicy, { yaml });
    },
    removeSensor: async (name) => {
      await unary(connection, service.RemoveSensor, { name });
    },
    listSensors: async () => (await unary(connection, service.ListSensors, {})).sensors,
    enableSensor: async (name) => {
      await unary(connection, service.EnableSensor, { name });
    },
    disableSensor: async (name) => {
      await unary(connection, service.DisableSensor, { name });
    },
    setSensorConfig: async (name, cfgkey, cfgval) => {
      await unary(connection, service.SetSensorConfig, { name, cfgkey, cfgval });
    },
    getSensorConfig: async (name, cfgkey) =>
      (await unary(connection, service.GetSensorConfig, { name, cfgkey })).cfgval,
    getStackTraceTree: async (name) =>
      (await unary(connection, service.GetStackTraceTree, { name })).root ?? undefined,
    getVersion: async () => (await unary(connection, service.GetVersion, {})).version,
  };
}
