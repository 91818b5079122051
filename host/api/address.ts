import { GuidestarError } from "../errors.js";

/** Where a daemon listens. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export const defaultSocketPath = "/run/guidestar/guidestar.sock";
export const defaultListenAddress = `unix://${defaultSocketPath}`;
/** Where existing daemons of this API listen; clients try it if there is no unix socket. */
export const defaultTcpAddress = "localhost:54321";

const forms = "unix:///PATH or HOST:PORT";

/**
 * Reads `unix:///PATH`, `unix:PATH`, `/PATH`, `HOST:PORT`, `[IPV6]:PORT` or `dns:///HOST:PORT`.
 * `option` names the option that the text came from. Port 0 means any free port, for a server.
 */
export function parseAddress(text: string, option: string): Address {
  if (text.startsWith("unix:") || text.startsWith("/")) return parseUnix(text, option);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "dns") {
    throw invalid(option, text, `the scheme ${scheme}:// is not known; write ${forms}`);
  }
  const tcp = /^(?:dns:(?:\/{3})?)?(?:\[([0-9a-f:.%a-z]+)\]|([^:[\]/\s]+)):(\d{1,5})$/i.exec(text);
  const host = tcp?.[1] ?? tcp?.[2];
  if (host === undefined) throw invalid(option, text, `write ${forms}`);
  const port = Number(tcp?.[3]);
  if (port > 65535) throw invalid(option, text, "a port is at most 65535");
  return { kind: "tcp", host, port };
}

/** As a person and `parseAddress` read it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** As grpc-js wants it. */
export function grpcTarget(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return formatAddress(address);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function parseUnix(text: string, option: string): Address {
  const path = text.replace(/^unix:/, "").replace(/^\/\/(?=\/)/, "");
  if (path === "") throw invalid(option, text, `write ${forms}`);
  if (path.startsWith("//")) {
    throw invalid(
      option,
      text,
      "the path of a unix socket starts with a third slash: unix:///PATH",
    );
  }
  if (path.includes("\0")) throw invalid(option, text, "a path has no NUL character");
  // sun_path of sockaddr_un, with its terminator.
  if (Buffer.byteLength(path) > 107) {
    throw invalid(option, text, "the path of a unix socket is at most 107 bytes");
  }
  return { kind: "unix", path };
}

function invalid(option: string, text: string, why: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", `${option}: '${text}' is no address: ${why}`);
}
