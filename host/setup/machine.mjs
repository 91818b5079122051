/**
 * What this machine is: Linux, the processor, Node, the distribution. Written for old Node versions
 * too (nothing newer than async functions), because it is what tells them that they are too old.
 */
import { readFileSync } from "node:fs";

export const oldestNode = 20;

/** Processors that the eBPF programs are built for: Node's name, and what clang, Debian and libbpf call it. */
export const architectures = {
  x64: { bpfTarget: "x86", multiarch: "x86_64-linux-gnu", debian: "amd64" },
  arm64: { bpfTarget: "arm64", multiarch: "aarch64-linux-gnu", debian: "arm64" },
};

/** Rejects with one sentence if nothing here can ever work. */
export async function checkMachine(platform, arch, version) {
  const system = platform || process.platform;
  const processor = arch || process.arch;
  const node = version || process.versions.node;
  if (system !== "linux") {
    throw new Error(`guidestar watches a Linux kernel and runs on Linux only; this is ${system}.`);
  }
  if (!Object.hasOwn(architectures, processor)) {
    throw new Error(
      `guidestar runs on ${Object.keys(architectures).join(" and ")} processors; this Node is built for ${processor}.`,
    );
  }
  if (Number(node.split(".")[0]) < oldestNode) {
    throw new Error(
      `guidestar needs Node ${oldestNode} or newer; this is Node ${node} (${process.execPath}). ` +
        "Newer ones: https://nodejs.org/en/download, or Debian 13's own nodejs package.",
    );
  }
}

/** ID, VERSION_ID and PRETTY_NAME of the distribution; empty strings if it does not tell. */
export function readDistribution(file) {
  let text = "";
  try {
    text = readFileSync(file || "/etc/os-release", "utf8");
  } catch (_) {
    // A system without os-release is some other distribution.
  }
  const value = (key) => {
    const line = new RegExp(`^${key}=(.*)$`, "m").exec(text);
    return line ? line[1].replace(/^["']|["']$/g, "") : "";
  };
  return { id: value("ID"), version: value("VERSION_ID"), name: value("PRETTY_NAME") };
}
