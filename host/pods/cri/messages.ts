/**
 * The few messages of the Container Runtime Interface that we read, and of them the few fields:
 * https://github.com/kubernetes/cri-api, pkg/apis/runtime/v1/api.proto. Numbers and types are theirs;
 * everything else in a message is skipped. Loaded only when a runtime is first asked.
 */
import protobuf from "protobufjs";

const source = `
syntax = "proto3";
package runtime.v1;

message VersionRequest {}
message VersionResponse { string runtime_name = 2; }

message ContainerFilter { string id = 1; }
message ListContainersRequest { ContainerFilter filter = 1; }
message ListContainersResponse { repeated Container containers = 1; }
message Container {
  string id = 1;
  string pod_sandbox_id = 2;
  ContainerMetadata metadata = 3;
  map<string, string> labels = 8;
}
message ContainerMetadata { string name = 1; }

message ContainerStatusRequest { string container_id = 1; }
message ContainerStatusResponse { ContainerStatus status = 1; }
message ContainerStatus {
  string id = 1;
  int64 started_at = 5;
  ImageSpec image = 8;
  string image_ref = 9;
}
message ImageSpec { string image = 1; }

message PodSandboxFilter { string id = 1; }
message ListPodSandboxRequest { PodSandboxFilter filter = 1; }
message ListPodSandboxResponse { repeated PodSandbox items = 1; }
message PodSandbox {
  string id = 1;
  PodSandboxMetadata metadata = 2;
  int64 created_at = 4;
  map<string, string> labels = 5;
  map<string, string> annotations = 6;
}
message PodSandboxMetadata {
  string name = 1;
  string namespace = 3;
}
`;

const root = protobuf.parse(source, { keepCase: true }).root;

type Texts = Readonly<Record<string, string>>;

export interface Container {
  readonly id: string;
  readonly pod_sandbox_id: string;
  readonly metadata?: { readonly name: string };
  readonly labels: Texts;
}

export interface ContainerStatus {
  readonly id: string;
  /** ns since 1970, in decimal; "0": not started. */
  readonly started_at: string;
  readonly image?: { readonly image: string };
  readonly image_ref: string;
}

export interface PodSandbox {
  readonly id: string;
  readonly metadata?: { readonly name: string; readonly namespace: string };
  readonly created_at: string;
  readonly labels: Texts;
  readonly annotations: Texts;
}

interface Method<Request, Response> {
  readonly path: string;
  encode(request: Request): Buffer;
  /** @throws if the bytes are no such message. */
  decode(bytes: Buffer): Response;
}

type Filter = { readonly filter: { readonly id: string } };

export const runtimeService = {
  version: method<Record<string, never>, { runtime_name: string }>("Version"),
  listContainers: method<Filter, { containers: readonly Container[] }>("ListContainers"),
  containerStatus: method<{ container_id: string }, { status?: ContainerStatus }>(
    "ContainerStatus",
  ),
  listPodSandbox: method<Filter, { items: readonly PodSandbox[] }>("ListPodSandbox"),
};

function method<Request extends object, Response>(name: string): Method<Request, Response> {
  const request = root.lookupType(`runtime.v1.${name}Request`);
  const response = root.lookupType(`runtime.v1.${name}Response`);
  return {
    path: `/runtime.v1.RuntimeService/${name}`,
    encode: (value) => Buffer.from(request.encode(request.fromObject(value)).finish()),
    decode: (bytes) =>
      response.toObject(response.decode(bytes), { longs: String, defaults: true }) as Response,
  };
}
