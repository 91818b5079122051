/** A real containerd from Debian's packages, without network: images are made here, of busybox. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import protobuf from "protobufjs";

export const socket = "/run/containerd/containerd.sock";
const folder = "/tmp/containerd";
const logFile = `${folder}/log`;

const config = `
version = 2
root = "${folder}/root"
state = "/run/containerd"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "guidestar.test/pause:1"
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    # The root of this system is the kernel's first file system, which pivot_root refuses.
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        NoPivotRoot = true
`;

/** The messages to make pods with; the client under test has its own, and fewer. */
const { root } = protobuf.parse(
  `
syntax = "proto3";
package runtime.v1;
message PodSandboxMetadata { string name = 1; string uid = 2; string namespace = 3; }
message NamespaceOption { int32 network = 1; int32 pid = 2; }
message LinuxSandboxSecurityContext { NamespaceOption namespace_options = 1; }
message LinuxPodSandboxConfig { LinuxSandboxSecurityContext security_context = 2; }
message PodSandboxConfig {
  PodSandboxMetadata metadata = 1;
  string log_directory = 3;
  map<string, string> labels = 6;
  map<string, string> annotations = 7;
  LinuxPodSandboxConfig linux = 8;
}
message RunPodSandboxRequest { PodSandboxConfig config = 1; }
message RunPodSandboxResponse { string pod_sandbox_id = 1; }
message StopPodSandboxRequest { string pod_sandbox_id = 1; }
message StopPodSandboxResponse {}
message ContainerMetadata { string name = 1; }
message ImageSpec { string image = 1; }
message LinuxContainerSecurityContext { NamespaceOption namespace_options = 3; }
message LinuxContainerConfig { LinuxContainerSecurityContext security_context = 2; }
message ContainerConfig {
  ContainerMetadata metadata = 1;
  ImageSpec image = 2;
  repeated string command = 3;
  map<string, string> labels = 9;
  LinuxContainerConfig linux = 15;
}
message CreateContainerRequest {
  string pod_sandbox_id = 1;
  ContainerConfig config = 2;
  PodSandboxConfig sandbox_config = 3;
}
message CreateContainerResponse { string container_id = 1; }
message StartContainerRequest { string container_id = 1; }
message StartContainerResponse {}
message ExecSyncRequest { string container_id = 1; repeated string cmd = 2; int64 timeout = 3; }
message ExecSyncResponse { bytes stdout = 1; int32 exit_code = 3; }
message VersionRequest {}
message VersionResponse { string runtime_name = 2; string runtime_version = 3; }
`,
  { keepCase: true },
);

export class Containerd {
  #process: ChildProcess | undefined;
  readonly #client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.max_reconnect_backoff_ms": 500,
  });

  /** Starts it, or starts it again, and waits until its CRI answers. */
  async start(): Promise<void> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/config.toml`, config);
    if (!existsSync("/etc/resolv.conf")) writeFileSync("/etc/resolv.conf", "");
    const log = openSync(logFile, "a");
    this.#process = spawn("containerd", ["--config", `${folder}/config.toml`], {
      stdio: ["ignore", log, log],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    await this.#retry("Version", {}, 120_000);
  }

  /** As if it had crashed: containers live on. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    this.#client.close();
  }

  /** Images with the same files. */
  importImages(...names: readonly string[]): void {
    const file = writeImages(names);
    execFileSync("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", file], {
      stdio: "pipe",
    });
  }

  /** Runs a pod of one container; resolves once that is started. */
  async runPod(pod: PodSpec): Promise<{ sandboxId: string; containerId: string }> {
    const sandbox_config = {
      metadata: { name: pod.name, uid: `uid-${pod.name}`, namespace: pod.namespace },
      log_directory: `${folder}/logs`,
      labels: { ...pod.labels, "io.kubernetes.pod.name": pod.name },
      annotations: pod.annotations ?? {},
      // The node's network, so that none has to be made; a pid namespace for each container.
      linux: { security_context: { namespace_options: { network: 2, pid: 1 } } },
    };
    // The image is there once the CRI has heard of its import.
    const { pod_sandbox_id } = await this.#retry(
      "RunPodSandbox",
      { config: sandbox_config },
      60_000,
    );
    const { container_id } = await this.call("CreateContainer", {
      pod_sandbox_id,
      sandbox_config,
      config: {
        metadata: { name: pod.container },
        image: { image: pod.image },
        command: pod.command,
        linux: { security_context: { namespace_options: { network: 2, pid: 1 } } },
      },
    });
    await this.call("StartContainer", { container_id });
    return { sandboxId: String(pod_sandbox_id), containerId: String(container_id) };
  }

  async exec(container_id: string, cmd: readonly string[]): Promise<void> {
    const { exit_code } = await this.call("ExecSync", { container_id, cmd, timeout: 60 });
    assert.equal(exit_code ?? 0, 0);
  }

  call(name: string, request: object): Promise<Record<string, unknown>> {
    const [to, from] = ["Request", "Response"].map((kind) =>
      root.lookupType(`runtime.v1.${name}${kind}`),
    ) as [protobuf.Type, protobuf.Type];
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/runtime.v1.RuntimeService/${name}`,
        (value: object) => Buffer.from(to.encode(to.fromObject(value)).finish()),
        (bytes: Buffer) => from.toObject(from.decode(bytes)) as Record<string, unknown>,
        request,
        { deadline: Date.now() + 90_000 },
        (error, response) => (response ? resolve(response) : reject(error)),
      );
    });
  }

  async #retry(name: string, request: object, forMs: number): Promise<Record<string, unknown>> {
    for (const deadlineMs = Date.now() + forMs; ; await sleep(300)) {
      try {
        return await this.call(name, request);
      } catch (error) {
        if (Date.now() < deadlineMs) continue;
        const log = readFileSync(logFile, "utf8").split("\n").slice(-30).join("\n");
        throw new Error(`${name}: ${(error as Error).message}\n${log}`);
      }
    }
  }
}

export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container: string;
  readonly image: string;
  readonly command: readonly string[];
}

/** An archive of images with one layer: busybox, and names for what the tests run. */
function writeImages(names: readonly string[]): string {
  const place = path.join(folder, "image");
  mkdirSync(`${place}/layer/bin`, { recursive: true });
  copyFileSync("/usr/bin/busybox", `${place}/layer/bin/busybox`);
  for (const applet of ["sh", "sleep", "true", "cat", "uname"])
    symlinkSync("busybox", `${place}/layer/bin/${applet}`);
  const tar = (...args: string[]) => execFileSync("busybox", ["tar", ...args], { cwd: place });
  tar("-c", "-f", "layer.tar", "-C", "layer", ".");
  const digest = createHash("sha256")
    .update(readFileSync(`${place}/layer.tar`))
    .digest("hex");
  const manifest = names.map((name, i) => {
    // Different in something, or they would be one image with several names.
    const config = { Entrypoint: ["/bin/sleep"], Cmd: ["100000"], Labels: { name } };
    const rootfs = { type: "layers", diff_ids: [`sha256:${digest}`] };
    const image = { architecture: "amd64", os: "linux", config, rootfs };
    writeFileSync(`${place}/config-${i}.json`, JSON.stringify(image));
    return { Config: `config-${i}.json`, RepoTags: [name], Layers: ["layer.tar"] };
  });
  writeFileSync(`${place}/manifest.json`, JSON.stringify(manifest));
  const configs = manifest.map(({ Config }) => Config);
  tar("-c", "-f", "image.tar", "manifest.json", ...configs, "layer.tar");
  return `${place}/image.tar`;
}
