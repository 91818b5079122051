import type { Client, ServiceError } from "@grpc/grpc-js";
import type { LookupAnswer } from "../answer.js";
import { answerBytes, callMs } from "../limits.js";
import { probesFromAnnotations } from "../probes.js";
import { clipped, labelList } from "../text.js";
import type { Container, PodSandbox, runtimeService } from "./messages.js";

type Service = typeof runtimeService;

/** One runtime that speaks the CRI (containerd, CRI-O), over its unix socket. */
export class CriRuntime {
  readonly #socketPath: string;
  #client: Client | undefined;
  #service: Service | undefined;
  #name: string | undefined;
  #closed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * "unknown" also of a runtime whose CRI is switched off.
   * @throws Error if there is no answer in time, or none that makes sense.
   */
  async lookup(id: string): Promise<LookupAnswer> {
    const { runtimeService: service } = await import("./messages.js");
    this.#service = service;
    try {
      this.#name ??= clipped((await this.#call("version", {})).runtime_name) || "cri";
      const { containers } = await this.#call("listContainers", { filter: { id } });
      const container = only(containers, id, "container");
      return container ? await this.#container(container) : await this.#sandbox(id);
    } catch (error) {
      if ((error as Partial<ServiceError>).code === codes.unimplemented) return { kind: "unknown" };
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  async #container(container: Container): Promise<LookupAnswer> {
    const { id, pod_sandbox_id: sandboxId } = container;
    const [{ status }, { items }] = await Promise.all([
      this.#call("containerStatus", { container_id: id }),
      this.#call("listPodSandbox", { filter: { id: sandboxId } }),
    ]);
    const sandbox = only(items, sandboxId, "pod sandbox");
    // Removed between the questions.
    if (!status || !sandbox) return { kind: "unknown" };
    if (status.id !== id) throw new Error(`asked for container ${id}, it told of another`);
    const name = clipped(container.metadata?.name ?? "");
    const startTimeNs = BigInt(status.started_at);
    const info = {
      ...podOf(sandbox),
      id: `${this.#name}://${id}`,
      name,
      imageId: clipped(status.image_ref),
      imageName: clipped(status.image?.image ?? ""),
      startTimeNs: startTimeNs > 0n ? startTimeNs : 0n,
      probes: probesFromAnnotations(sandbox.annotations, name),
    };
    return { kind: "found", info, complete: startTimeNs > 0n };
  }

  /** What holds a pod's namespaces runs in a container of the runtime's own, without name or image. */
  async #sandbox(id: string): Promise<LookupAnswer> {
    const { items } = await this.#call("listPodSandbox", { filter: { id } });
    const sandbox = only(items, id, "pod sandbox");
    if (!sandbox) return { kind: "unknown" };
    const createdNs = BigInt(sandbox.created_at);
    const info = {
      ...podOf(sandbox),
      id: `${this.#name}://${id}`,
      name: "",
      imageId: "",
      imageName: "",
      startTimeNs: createdNs > 0n ? createdNs : 0n,
      probes: [],
    };
    return { kind: "found", info, complete: true };
  }

  async #call<Name extends keyof Service>(
    name: Name,
    request: Parameters<Service[Name]["encode"]>[0],
  ): Promise<ReturnType<Service[Name]["decode"]>> {
    const client = await this.#connect();
    const method = this.#service?.[name] as Service[Name];
    type Response = ReturnType<Service[Name]["decode"]>;
    return new Promise<Response>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.encode as (value: typeof request) => Buffer,
        (bytes: Buffer) => method.decode(bytes) as Response,
        request,
        { deadline: Date.now() + callMs },
        (error, response) => (response === undefined ? reject(error) : resolve(response)),
      );
    });
  }

  async #connect(): Promise<Client> {
    if (this.#client) return this.#client;
    const { Client, credentials } = await import("@grpc/grpc-js");
    if (this.#closed) throw new Error("nobody waits for the answer any more");
    this.#client ??= new Client(`unix:${this.#socketPath}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": answerBytes,
      // A runtime that is restarted is back within a second or two.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
      "grpc.enable_http_proxy": 0,
      "grpc.default_authority": "localhost",
    });
    return this.#client;
  }
}

const codes = { unimplemented: 12 } as const;

/** Added to each pod by the kubelet; the pod itself has no such labels. */
const kubeletLabels: ReadonlySet<string> = new Set([
  "io.kubernetes.pod.name",
  "io.kubernetes.pod.namespace",
  "io.kubernetes.pod.uid",
]);

function podOf({ metadata, labels }: PodSandbox) {
  return {
    namespace: clipped(metadata?.namespace ?? ""),
    podName: clipped(metadata?.name ?? ""),
    labels: labelList(labels, kubeletLabels),
  };
}

/** The one that was asked for by its id. @throws Error if the runtime told of others. */
function only<T extends { readonly id: string }>(
  items: readonly T[],
  id: string,
  what: string,
): T | undefined {
  const item = items.find((one) => one.id === id);
  if (!item && items.length > 0)
    throw new Error(`asked for ${what} ${clipped(id)}, it told of others`);
  return item;
}
