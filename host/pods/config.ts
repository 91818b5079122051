import type { Scope } from "../sensors/scope.js";
import { type Endpoint, usualEndpoints } from "./endpoints.js";

export interface ContainersConfig {
  /** Runtimes to ask, and no others; undefined: those that are found in the usual places. */
  readonly endpoints: readonly Endpoint[] | undefined;
  /** How long events of a container wait for its pod, ms, once in the container's life. */
  readonly waitMs: number;
}

/**
 * Who is asked. Without a word from the user nobody is when only a process tree is traced, which is
 * somebody's own command, nor for a recording, whose containers are gone or were elsewhere.
 */
export function endpointsFor(
  config: ContainersConfig,
  source: string,
  scope: Scope,
): readonly Endpoint[] {
  if (config.endpoints) return config.endpoints;
  return source === "live" && scope.kind !== "tree" ? usualEndpoints : [];
}
