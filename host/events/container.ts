/**
 * The container a process runs in, told from the name of its cgroup.
 *
 * Runtimes name the leaf directory after the container: `<id>` (cgroupfs driver),
 * `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope` (systemd
 * driver), `…:cri-containerd:<id>`; podman may put processes one deeper, into `<id>/container`.
 * `crio-conmon-<id>.scope` and `libpod-conmon-<id>.scope` hold the runtime's monitor, which is not in
 * the container.
 *
 * @returns the first 31 characters of the id, which is what the API's `docker` field holds; "" if
 * the name is no container's.
 */
export function containerId(cgroupName: string): string {
  return idIn(cgroupName).slice(0, 31);
}

/** The whole id, 64 hexadecimal digits, by which runtimes know the container; "" if there is none. */
export function fullContainerId(cgroupName: string): string {
  return /^[0-9a-f]{64}/.exec(idIn(cgroupName))?.[0] ?? "";
}

/** The id with whatever stands behind it; "" if the name is no container's. */
function idIn(cgroupName: string): string {
  const leaf = cgroupName.endsWith("/container") ? cgroupName.slice(0, -10) : cgroupName;
  if (leaf.endsWith("service") || leaf.includes("-conmon-")) return "";
  const unprefixed = leaf.slice(leaf.lastIndexOf(":") + 1);
  const id = unprefixed.slice(unprefixed.lastIndexOf("-") + 1);
  return id.length >= 64 ? id : "";
}
