import { readFileSync } from "node:fs";

const capabilityNumbers = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;
export type Capability = keyof typeof capabilityNumbers;

/** Those of the capabilities that matter to eBPF that this process has in effect. */
export function effectiveCapabilities(): readonly Capability[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const names = Object.keys(capabilityNumbers) as Capability[];
  return names.filter((name) => (mask >> BigInt(capabilityNumbers[name])) & 1n);
}

/** Why the kernel would answer EPERM, and what to do. */
export function permissionAdvice(): string {
  const held = effectiveCapabilities();
  const enough =
    (held.includes("CAP_BPF") && held.includes("CAP_PERFMON")) || held.includes("CAP_SYS_ADMIN");
  if (!enough) {
    return "it needs CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN on kernels before 5.8): run as root, outside a container that takes them away";
  }
  if (inUserNamespace()) {
    return "this process has its capabilities only inside a user namespace, where they do not count for this";
  }
  return "this process has the capabilities, so the kernel itself forbids it: lockdown, a security module or the sandbox it runs in";
}

function inUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return false;
  }
}
