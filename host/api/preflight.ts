import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { GuidestarError } from "../errors.js";
import { type Address, formatAddress } from "./address.js";

/**
 * Connects, exchanges the first words of HTTP/2 and hangs up, to say in one sentence why a
 * connection fails: a gRPC channel only tries again until its time is up, and says no more than
 * that. Rejects with a `GuidestarError`.
 */
export async function preflight(
  address: Address,
  context: SecureContext | undefined,
  timeoutMs: number,
): Promise<void> {
  const place = formatAddress(address);
  const socket = open(address, context);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(context === undefined ? "connect" : "secureConnect", () => {
        socket.write(clientPreface);
      });
      socket.once("data", (answer: Buffer) => {
        const failure = judge(answer, place);
        if (failure === undefined) resolve();
        else reject(failure);
      });
      socket.once("error", (error) => reject(explain(error, place)));
      socket.once("close", () => reject(closed(place, context)));
      timer = setTimeout(() => {
        reject(unavailable(`${place} did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

const settingsFrame = 4;
/** What every HTTP/2 client says first, then SETTINGS without settings. */
const clientPreface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, settingsFrame, 0, 0, 0, 0, 0]),
]);

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

/** An HTTP/2 server answers with SETTINGS. */
function judge(answer: Buffer, place: string): GuidestarError | undefined {
  const tlsAlert = 0x15;
  if (answer[0] === tlsAlert) return unavailable(`${place} wants TLS`);
  if (answer[3] === settingsFrame) return undefined;
  return unavailable(`${place} does not speak gRPC; is that a guidestar daemon?`);
}

function closed(place: string, context: SecureContext | undefined): GuidestarError {
  const hint = context === undefined ? wantsTls : wantsAnother;
  return unavailable(`${place} closed the connection; ${hint}`);
}

const wantsTls = "does it want TLS, or is it no guidestar daemon?";
const wantsAnother = "does it want a client certificate that it trusts?";

function explain(error: NodeJS.ErrnoException, place: string): GuidestarError {
  const code = error.code ?? firstCode(error) ?? "";
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
    case "ECONNRESET":
    case "EPIPE":
      return unavailable(`${place} closed the connection; ${wantsTls}`, error);
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return unavailable(`${place} does not speak TLS`, error);
  }
  if (/^ERR_SSL_.*_ALERT_/.test(code)) {
    return unavailable(`${place} closed the connection; ${wantsAnother}`, error);
  }
  return unavailable(`cannot connect to ${place}: ${error.message.trim()}`, error);
}

/** Several addresses of one host tried: an AggregateError. */
function firstCode(error: unknown): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  return (error.errors[0] as NodeJS.ErrnoException | undefined)?.code;
}

function unavailable(message: string, cause?: unknown): GuidestarError {
  return new GuidestarError("UNAVAILABLE", message, { cause });
}
