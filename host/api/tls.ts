import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { ChannelCredentials, ServerCredentials } from "@grpc/grpc-js";
import { GuidestarError } from "../errors.js";

/** PEM files of a server. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must then present a certificate that one of these authorities signed (mTLS). */
  readonly clientCaFile?: string | undefined;
}

/** PEM files of a client; with none of them, the system's authorities are trusted. */
export interface ClientTls {
  /** Authorities to trust in place of the system's. */
  readonly caFile?: string | undefined;
  /** Own certificate and key, if the server asks for one. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export function serverCredentials(tls: ServerTls): ServerCredentials {
  const cert = readPem(tls.certFile, "certificate");
  const key = readPem(tls.keyFile, "key");
  const ca = tls.clientCaFile === undefined ? null : readPem(tls.clientCaFile, "client CA");
  checkPem({ cert, key, ca }, `${tls.certFile} and ${tls.keyFile}`);
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], ca !== null);
}

export interface ClientSecurity {
  readonly credentials: ChannelCredentials;
  /** For a TLS connection of our own that tells why the channel would fail; undefined: no TLS. */
  readonly context: SecureContext | undefined;
}

export function clientSecurity(tls: ClientTls | undefined): ClientSecurity {
  if (tls === undefined) {
    return { credentials: ChannelCredentials.createInsecure(), context: undefined };
  }
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      "a client certificate and its key go together: give both or neither",
    );
  }
  const ca = tls.caFile === undefined ? null : readPem(tls.caFile, "CA");
  const cert = tls.certFile === undefined ? null : readPem(tls.certFile, "certificate");
  const key = tls.keyFile === undefined ? null : readPem(tls.keyFile, "key");
  const files = [tls.caFile, tls.certFile, tls.keyFile].filter((file) => file !== undefined);
  const context = checkPem({ ca, cert, key }, files.join(" and "));
  return { credentials: ChannelCredentials.createSsl(ca, key, cert), context };
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `cannot read the TLS ${what} file ${file}: ${code === "ENOENT" ? "there is none" : message}`,
      { cause: error },
    );
  }
}

interface Pem {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
}

/** OpenSSL says here what is wrong; later, in a handshake, it would only be a closed connection. */
function checkPem({ ca, cert, key }: Pem, files: string): SecureContext {
  try {
    return createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
  } catch (error) {
    const { message } = error as Error;
    throw new GuidestarError("INVALID_ARGUMENT", `TLS cannot use ${files}: ${message}`, {
      cause: error,
    });
  }
}
