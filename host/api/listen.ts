import { lookup } from "node:dns/promises";
import { createServer, type Server, type Socket } from "node:net";
import { GuidestarError } from "../errors.js";
import { type Address, formatAddress } from "./address.js";
import { bindUnixSocket } from "./unixSocket.js";

/** A socket that listens. */
export interface Listener {
  /** As a client may give it: with the real port if any port was asked for. */
  readonly address: string;
  /** Accepts no more connections. Those that there are live on. */
  stop(): void;
  /** Also cuts the connections that are left. */
  destroy(): void;
}

/** More connections than this at a time are refused. */
const mostConnections = 1024;

/** Listens at all addresses or at none. Rejects with one sentence that names the address. */
export async function listenAll(
  addresses: readonly Address[],
  accept: (socket: Socket, address: Address) => void,
): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) {
      const onSocket = (socket: Socket) => accept(socket, address);
      if (address.kind === "unix") listeners.push(await listenUnix(address.path, onSocket));
      else listeners.push(await listenTcp(address.host, address.port, onSocket));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.destroy();
    throw error;
  }
}

/** The IP addresses that a host name stands for; rejects if it cannot be resolved. */
export async function resolveHost(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `--listen ${host}: the host name cannot be resolved; give an IP address`,
      { cause: error },
    );
  }
}

async function listenUnix(path: string, onSocket: (socket: Socket) => void): Promise<Listener> {
  const server = createListener();
  await bindUnixSocket(server, path);
  return makeListener(formatAddress({ kind: "unix", path }), [server], onSocket);
}

/** Every address of the host, so that `localhost` is reached by IPv4 and IPv6 alike. */
async function listenTcp(
  host: string,
  port: number,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const servers: Server[] = [];
  let boundPort = port;
  try {
    for (const ip of await resolveHost(host)) {
      const server = createListener();
      try {
        boundPort = await bindTcp(server, ip, boundPort);
        servers.push(server);
      } catch (error) {
        // A host with IPv6 switched off may still have ::1 in its files.
        const { code } = error as NodeJS.ErrnoException;
        const isMissing = code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
        if (!isMissing || servers.length === 0) throw error;
      }
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw explain(error, formatAddress({ kind: "tcp", host, port: boundPort }));
  }
  return makeListener(formatAddress({ kind: "tcp", host, port: boundPort }), servers, onSocket);
}

function createListener(): Server {
  const server = createServer({ noDelay: true });
  server.maxConnections = mostConnections;
  return server;
}

function bindTcp(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

function makeListener(
  address: string,
  servers: readonly Server[],
  onSocket: (socket: Socket) => void,
): Listener {
  const sockets = new Set<Socket>();
  for (const server of servers) {
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      onSocket(socket);
    });
  }
  const stop = () => {
    for (const server of servers) server.close();
  };
  return {
    address,
    stop,
    destroy: () => {
      stop();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function explain(value: unknown, place: string): GuidestarError {
  if (value instanceof GuidestarError) return value;
  const error = value as NodeJS.ErrnoException;
  const fail = (code: "FAILED_PRECONDITION" | "PERMISSION_DENIED", why: string) =>
    new GuidestarError(code, `cannot listen at ${place}: ${why}`, { cause: error });
  switch (error.code) {
    case "EADDRINUSE":
      return fail(
        "FAILED_PRECONDITION",
        "another program has that port; stop it, or choose another port with --listen",
      );
    case "EADDRNOTAVAIL":
      return fail("FAILED_PRECONDITION", "this machine does not have that address");
    case "EACCES":
      return fail("PERMISSION_DENIED", "only root may listen at ports below 1024");
    default:
      return fail("FAILED_PRECONDITION", error.message);
  }
}
