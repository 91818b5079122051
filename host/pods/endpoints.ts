import { stat } from "node:fs/promises";
import { GuidestarError } from "../errors.js";

export interface Endpoint {
  readonly kind: "cri" | "docker";
  /** Of the unix socket. */
  readonly path: string;
}

/** Where runtimes listen unless they are told otherwise. */
export const usualEndpoints: readonly Endpoint[] = [
  { kind: "cri", path: "/run/containerd/containerd.sock" },
  { kind: "cri", path: "/run/crio/crio.sock" },
  { kind: "cri", path: "/run/k3s/containerd/containerd.sock" },
  { kind: "docker", path: "/var/run/docker.sock" },
];

/** @throws GuidestarError naming `option`. */
export function parseEndpoint(kind: Endpoint["kind"], text: string, option: string): Endpoint {
  const path = text.replace(/^unix:(\/\/(?=\/))?/, "");
  if (path.startsWith("/") && path.length <= longestPath) return { kind, path };
  const why = path.startsWith("/") ? ` of at most ${longestPath} characters` : "";
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${option} takes the address of a unix socket${why} such as unix:///run/containerd/containerd.sock, not ${text}`,
  );
}

/** What the kernel takes: `sun_path` less its NUL. */
const longestPath = 107;

export async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}
