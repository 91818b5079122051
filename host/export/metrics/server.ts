import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { formatAddress, parseAddress } from "../../api/address.js";
import { GuidestarError } from "../../errors.js";
import type { Metrics } from "./metrics.js";

export interface MetricsServer {
  /** `http://HOST:PORT/metrics`, with the real port. */
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

const option = "--metrics-server";

/**
 * Reads `HOST:PORT`, or `PORT` and `:PORT` for this machine only.
 * @throws GuidestarError naming the option
 */
export function parseMetricsAddress(text: string): MetricsAddress {
  const full = /^:?\d{1,5}$/.test(text) ? `127.0.0.1:${text.replace(":", "")}` : text;
  const address = parseAddress(full, option);
  if (address.kind === "tcp") return address;
  throw new GuidestarError("INVALID_ARGUMENT", `${option} takes HOST:PORT or PORT, not ${text}`);
}

/** @throws GuidestarError if it cannot listen there. */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  metrics: Metrics,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(request, response, metrics).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500, textType);
      response.end(`${error.message}\n`);
    });
  });
  server.maxConnections = 32;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  const realPort = await listen(server, host, port);
  return {
    url: `http://${formatAddress({ kind: "tcp", host, port: realPort })}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const textType = { "content-type": "text/plain; charset=utf-8" };

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics) {
  const path = request.url?.split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { ...textType, allow: "GET, HEAD" }).end("only GET is answered\n");
  } else if (path === "/") {
    response.writeHead(200, textType).end("guidestar: the metrics are at /metrics\n");
  } else if (path !== "/metrics") {
    response.writeHead(404, textType).end("there is only /metrics\n");
  } else {
    const text = await metrics.scrape();
    response.writeHead(200, { "content-type": metrics.contentType }).end(text);
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const place = formatAddress({ kind: "tcp", host, port });
      reject(
        new GuidestarError(
          "FAILED_PRECONDITION",
          `cannot serve metrics at ${place}: ${reasons[error.code ?? ""] ?? error.message}`,
          { cause: error },
        ),
      );
    });
    server.listen({ host, port }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: `another program has that port; choose another with ${option}`,
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "only root may listen at ports below 1024",
  ENOTFOUND: "the host name cannot be resolved; give an IP address",
};
