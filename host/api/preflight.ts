import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { GuidestarError } from "../errors.js";
import { type Address, formatAddress } from "./address.js";

/**
 * Connects and hangs up, to say in one sentence why a connection fails: a gRPC channel only tries
 * again until its time is up, and says no more than that. Rejects with a `GuidestarError`.
 */
export async function preflight(
  address: Address,
  context: SecureContext | undefined,
  timeoutMs: number,
): Promise<void> {
  const socket = open(address, context);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(context === undefined ? "connect" : "secureConnect", () => resolve());
      socket.once("error", (error) => reject(explain(error, address)));
      timer = setTimeout(() => {
        const place = formatAddress(address);
        reject(unavailable(`the daemon at ${place} did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function open(address: Address, context: SecureContext | undefined): Socket {
  const target =
    address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
  if (context === undefined) return connectSocket(target);
  return connectTls({
    ...target,
    secureContext: context,
    ALPNProtocols: ["h2"],
    servername: servername(address),
  });
}

/** As grpc-js chooses it: an IP address is no server name. */
function servername(address: Address): string {
  if (address.kind === "unix") return "localhost";
  return /^[\d.]+$|:/.test(address.host) ? "" : address.host;
}

function explain(error: NodeJS.ErrnoException, address: Address): GuidestarError {
  const place = formatAddress(address);
  const code = error.code ?? firstCode(error);
  switch (code) {
    case "ENOENT":
      return unavailable(`no daemon at ${place}: there is no such socket; is it running?`, error);
    case "ECONNREFUSED":
      return unavailable(`no daemon at ${place}: nothing listens there; is it running?`, error);
    case "EACCES":
    case "EPERM":
      return new GuidestarError(
        "PERMISSION_DENIED",
        `no permission to connect to ${place}: the socket belongs to the user that runs the daemon, mostly root`,
        { cause: error },
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unavailable(`no daemon at ${place}: the host name cannot be resolved`, error);
    case "ENOTSOCK":
    case "ECONNRESET":
    case "EPIPE":
      return unavailable(`${place} closed the connection: is that a guidestar daemon?`, error);
    default:
      return unavailable(`cannot connect to ${place}: ${error.message}`, error);
  }
}

/** Several addresses of one host tried: an AggregateError. */
function firstCode(error: unknown): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  return (error.errors[0] as NodeJS.ErrnoException | undefined)?.code;
}

function unavailable(message: string, cause?: unknown): GuidestarError {
  return new GuidestarError("UNAVAILABLE", message, { cause });
}
