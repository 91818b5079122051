/** Options about containers and their pods, of the commands that start a pipeline. */
import type { Command } from "commander";
import type { ContainersConfig } from "../pods/config.js";
import { parseEndpoint } from "../pods/endpoints.js";
import { UsageError } from "./exit.js";

export interface ContainerFlags {
  readonly criEndpoint?: readonly string[];
  readonly dockerEndpoint?: readonly string[];
  readonly disableContainerLookup?: boolean;
  readonly podWait?: string;
}

export function addContainerOptions(command: Command): void {
  command
    .option(
      "--cri-endpoint <address...>",
      "unix:///PATH of container runtimes (containerd, CRI-O) that tell of pods (default: those found, unless only a process tree is traced)",
    )
    .option("--docker-endpoint <address...>", "the same of Docker")
    .option("--disable-container-lookup", "ask no container runtime: events have no pods")
    .option(
      "--pod-wait <duration>",
      "how long a new container's events wait for its pod, such as 500ms or 2s",
      "1s",
    );
}

/** undefined: nobody is asked. @throws UsageError naming the option. */
export function containersConfig(flags: ContainerFlags): ContainersConfig | undefined {
  const { criEndpoint, dockerEndpoint, disableContainerLookup = false, podWait = "1s" } = flags;
  const given = criEndpoint !== undefined || dockerEndpoint !== undefined;
  if (disableContainerLookup) {
    if (!given) return undefined;
    const option = criEndpoint ? "--cri-endpoint" : "--docker-endpoint";
    throw new UsageError(
      `--disable-container-lookup and ${option} exclude each other: give one of them`,
    );
  }
  const endpoints = usage(() => [
    ...(criEndpoint ?? []).map((text) => parseEndpoint("cri", text, "--cri-endpoint")),
    ...(dockerEndpoint ?? []).map((text) => parseEndpoint("docker", text, "--docker-endpoint")),
  ]);
  return { endpoints: given ? endpoints : undefined, waitMs: durationMs(podWait, "--pod-wait") };
}

const mostMs = 60_000;

function durationMs(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$|^0$/.exec(text);
  const ms = match ? Math.round(Number(match[1] ?? 0) * (match[2] === "s" ? 1000 : 1)) : Number.NaN;
  if (ms <= mostMs) return ms;
  throw new UsageError(`${option} takes a time from 0 to 60s such as 500ms or 2s, not ${text}`);
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
