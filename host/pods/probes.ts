import { quoteArguments } from "../events/arguments.js";
import type { Process } from "../events/model.js";

/**
 * Whether one of the probe commands started this process: the binary is that of the command (its last
 * part if the command gives no absolute path), and so are all arguments.
 */
export function isProbe(process: Process, probes: readonly (readonly string[])[]): boolean {
  return probes.some(([binary = "", ...rest]) => {
    const sameBinary = binary.startsWith("/")
      ? process.binary === binary
      : baseName(process.binary) === baseName(binary);
    return sameBinary && process.arguments === quoteArguments(rest);
  });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Where `kubectl apply` leaves what it was given; a runtime has all annotations of a pod. */
export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The exec probes of a container, from its pod's annotations. The CRI does not carry probes, so they
 * are known only for a pod that was itself applied with kubectl; one that a Deployment or the like made
 * has no such annotation, and its probes cannot be told from other commands.
 */
export function probesFromAnnotations(
  annotations: Readonly<Record<string, string>>,
  containerName: string,
): string[][] {
  let applied: unknown;
  try {
    applied = JSON.parse(annotations[lastApplied] ?? "null");
  } catch {
    return [];
  }
  const containers = at(at(applied, "spec"), "containers");
  if (at(applied, "kind") !== "Pod" || !Array.isArray(containers)) return [];
  const container = containers.find((one) => at(one, "name") === containerName);
  return ["livenessProbe", "readinessProbe", "startupProbe"]
    .map((name) => at(at(at(container, name), "exec"), "command"))
    .filter(isCommand);
}

/** Docker's HEALTHCHECK is what the API calls a probe. `shell`: what runs a command of the form CMD-SHELL. */
export function probesFromHealthcheck(test: unknown, shell: unknown): string[][] {
  if (!isCommand(test)) return [];
  const [form, ...command] = test;
  if (form === "CMD" && command.length > 0) return [command];
  if (form !== "CMD-SHELL") return [];
  return [[...(isCommand(shell) ? shell : ["/bin/sh", "-c"]), ...command]];
}

function isCommand(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string")
  );
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
