/** Options of the commands that read events themselves: daemon, run and record. */
import { type Command, Option } from "commander";
import type { PipelineConfig } from "../daemon.js";
import { createLogger, logFormats, logLevels } from "../log.js";
import { checkRingBytes, parseBytes } from "../options.js";
import { defaultRingBytes } from "../sensors/ringSize.js";
import type { Scope } from "../sensors/scope.js";
import { addContainerOptions, type ContainerFlags, containersConfig } from "./containerOptions.js";
import { addDnsOptions, type DnsFlags, dnsConfig } from "./dnsOptions.js";
import { UsageError } from "./exit.js";
import { addPolicyOptions, type PolicyFlags, policiesConfig } from "./policyOptions.js";

export interface PipelineFlags extends ContainerFlags, PolicyFlags, DnsFlags {
  readonly nodeName?: string;
  readonly ringSize: string;
  readonly processCacheSize: string;
  readonly enableProcessCred?: boolean;
  readonly enableProcessNs?: boolean;
  readonly enableAncestors?: boolean;
  readonly pushdown?: boolean;
  readonly logLevel: string;
  readonly logFormat: (typeof logFormats)[number];
}

export interface ScopeFlags {
  readonly scopePid?: string;
  readonly scopeCgroup?: string;
}

export function addPipelineOptions(command: Command): void {
  command
    .option(
      "--node-name <name>",
      "name of this node in events (default: $HUBBLE_NODE_NAME, $NODE_NAME, the host's name; of a recording, its own)",
    )
    .option(
      "--ring-size <bytes>",
      "size of the kernel's ring buffer, a power of two; auto: a 64th of the memory, 8M to 128M",
      "auto",
    )
    .option("--process-cache-size <processes>", "most live processes remembered", "65536")
    .option("--enable-process-cred", "show the capabilities of processes")
    .option("--enable-process-ns", "show the namespaces of processes")
    .option("--enable-ancestors", "show all ancestors of processes, not just the parent")
    .addOption(new Option("--log-level <level>").choices(logLevels).default("info"))
    .addOption(new Option("--log-format <format>").choices(logFormats).default("text"));
  addPolicyOptions(command);
  addDnsOptions(command);
}

/** What `addPipelineOptions` adds, and what tells processes their pods: not for `record`. */
export function addEventOptions(command: Command): void {
  addPipelineOptions(command);
  command.option(
    "--no-pushdown",
    "have the kernel hand over calls of policies that no stream, export or plugin asks for, too",
  );
  addContainerOptions(command);
}

export function addScopeOptions(command: Command): void {
  command
    .option("--scope-pid <pid>", "trace only this process and its descendants")
    .option("--scope-cgroup <path>", "trace only this cgroup (v2) and those below it");
}

/** @throws UsageError naming the option. */
export function scopeOf(flags: ScopeFlags): Scope {
  if (flags.scopePid !== undefined && flags.scopeCgroup !== undefined)
    throw new UsageError("--scope-pid and --scope-cgroup exclude each other: give one of them");
  if (flags.scopePid !== undefined)
    return { kind: "tree", rootPids: [wholeNumber(flags.scopePid, "--scope-pid")] };
  if (flags.scopeCgroup !== undefined) return { kind: "cgroup", path: flags.scopeCgroup };
  return { kind: "all" };
}

/** @throws UsageError naming the option. */
export function pipelineConfig(flags: PipelineFlags, source: string, scope: Scope): PipelineConfig {
  return {
    source,
    scope,
    nodeName: flags.nodeName,
    ringBytes: flags.ringSize === "auto" ? defaultRingBytes() : ringBytesOf(flags.ringSize),
    processCacheSize: wholeNumber(flags.processCacheSize, "--process-cache-size"),
    processCred: flags.enableProcessCred ?? false,
    processNs: flags.enableProcessNs ?? false,
    containers: containersConfig(flags),
    ancestors: flags.enableAncestors ?? false,
    pushdown: flags.pushdown ?? true,
    policies: policiesConfig(flags, source),
    dns: dnsConfig(flags, source),
    log: createLogger(flags.logLevel, flags.logFormat),
  };
}

const ringBytesOf = (text: string): number =>
  usage(() => checkRingBytes(parseBytes(text, "--ring-size"), "--ring-size"));

/** @throws UsageError naming the option. */
export function wholeNumber(text: string, option: string): number {
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`${option} takes a whole number from 1, not ${text}`);
}

/** What `read` returns; its errors are those of the command line. */
export function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
