import { request } from "node:http";
import type { LookupAnswer } from "./answer.js";
import { answerBytes, callMs } from "./limits.js";
import { probesFromHealthcheck } from "./probes.js";
import { clipped, labelList } from "./text.js";

/** Docker, over its unix socket: https://docs.docker.com/reference/api/engine/ */
export class DockerRuntime {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @throws Error if there is no answer in time, or none that makes sense. */
  async lookup(id: string): Promise<LookupAnswer> {
    const { status, body } = await get(this.#socketPath, `/containers/${id}/json`);
    if (status === 404) return { kind: "unknown" };
    if (status !== 200) throw new Error(`it answered with HTTP status ${status}`);
    const container = JSON.parse(body) as unknown;
    if (textAt(container, "Id") !== id)
      throw new Error(`asked for container ${id}, it told of another`);
    const config = at(container, "Config");
    const labels = labelsOf(at(config, "Labels"));
    const startTimeNs = timeNs(textAt(at(container, "State"), "StartedAt"));
    const info = {
      // Where Docker runs a pod for Kubernetes, the labels say so.
      namespace: clipped(labels["io.kubernetes.pod.namespace"] ?? ""),
      podName: clipped(labels["io.kubernetes.pod.name"] ?? ""),
      labels: labelList(labels, kubernetesLabels),
      id: `docker://${id}`,
      name: clipped(
        labels["io.kubernetes.container.name"] ?? textAt(container, "Name").replace(/^\//, ""),
      ),
      imageId: clipped(textAt(container, "Image")),
      imageName: clipped(textAt(config, "Image")),
      startTimeNs,
      probes: probesFromHealthcheck(
        at(at(config, "Healthcheck"), "Test"),
        at(config, "Shell") ?? undefined,
      ),
    };
    return { kind: "found", info, complete: startTimeNs > 0n };
  }

  close(): void {}
}

const kubernetesLabels: ReadonlySet<string> = new Set([
  "io.kubernetes.pod.name",
  "io.kubernetes.pod.namespace",
  "io.kubernetes.pod.uid",
  "io.kubernetes.container.name",
]);

/** `2026-01-02T03:04:05.678901234Z`; 0n before a start, which Docker writes as the year 1. */
function timeNs(text: string): bigint {
  const [, seconds, fraction = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  if (!(ms > 0)) return 0n;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

function labelsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  const texts = Object.entries(value).filter(([, text]) => typeof text === "string");
  return Object.fromEntries(texts) as Record<string, string>;
}

function textAt(value: unknown, key: string): string {
  const text = at(value, key);
  return typeof text === "string" ? text : "";
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      socketPath,
      path,
      headers: { host: "docker" },
      // One question, one connection: an old one may be half dead after a restart.
      agent: false,
      signal: AbortSignal.timeout(callMs),
    });
    asked.once("error", reject);
    asked.once("response", (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > answerBytes) asked.destroy(new Error("its answer is too long"));
        else pieces.push(piece);
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
      );
    });
    asked.end();
  });
}
