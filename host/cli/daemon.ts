/** `guidestar daemon`: reads kernel events and serves them over gRPC until it is told to stop. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { ServerTls } from "../api/tls.js";
import { parseBytes } from "../options.js";
import type { PluginBudget } from "../plugins/budget.js";
import type { SignaturePolicy } from "../plugins/signature.js";
import type { SignatureConfig } from "../plugins/signatureCheck.js";
import { UsageError } from "./exit.js";
import { addExportOptions, type ExportFlags, exportConfig } from "./exportOptions.js";
import { interruption } from "./interrupt.js";
import {
  addEventOptions,
  addScopeOptions,
  type PipelineFlags,
  pipelineConfig,
  type ScopeFlags,
  scopeOf,
  usage,
  wholeNumber,
} from "./pipelineOptions.js";
import { addPolicyFolderOption } from "./policyOptions.js";

interface Flags extends PipelineFlags, ScopeFlags, ExportFlags {
  readonly listen: readonly string[];
  readonly source: string;
  readonly insecure?: boolean;
  readonly eventQueueSize: string;
  readonly serverCert?: string;
  readonly serverKey?: string;
  readonly clientCa?: string;
  readonly metricsServer?: string;
  readonly pluginDir?: string;
  readonly pluginKey?: readonly string[];
  readonly pluginSignatures?: SignaturePolicy;
  readonly pluginMaxFuel?: string;
  readonly pluginMaxMemory?: string;
}

/** Of a daemon that traces the whole machine. */
const defaultPluginDir = "/var/lib/guidestar/plugins";

export function register(program: Command): void {
  const command = program
    .command("daemon")
    .summary("read kernel events and serve them over gRPC")
    .description("Reads kernel events and serves them over gRPC until it is told to stop.")
    .option("--listen <address...>", "unix:///PATH or HOST:PORT; may be given several times", [
      "unix:///run/guidestar/guidestar.sock",
    ])
    .option("--insecure", "allow TCP beyond loopback without TLS")
    .option("--event-queue-size <events>", "most events that wait for one client", "10000")
    .option("--server-cert <file>", "PEM file of the certificate to serve TCP with TLS")
    .option("--server-key <file>", "PEM file of the key for --server-cert")
    .option("--client-ca <file>", "PEM file of the authorities that sign clients' certificates")
    .option(
      "--metrics-server <address>",
      "serve metrics for Prometheus at HOST:PORT, or at PORT of this machine only",
    )
    .option(
      "--plugin-dir <dir>",
      `keep plugins there, none: not at all (default: ${defaultPluginDir} if the whole machine is traced, else none)`,
    )
    .option("--plugin-key <file...>", "public keys, in PEM, of those whose plugins are taken")
    .addOption(
      new Option(
        "--plugin-signatures <policy>",
        "what is done with plugins that none of them signed: refused, taken with a warning, taken (default: require with --plugin-key, else off)",
      ).choices(["require", "warn", "off"]),
    )
    .option(
      "--plugin-max-fuel <units>",
      "most fuel for an event that a plugin gets; 200 times that for each call (default: 500000)",
    )
    .option(
      "--plugin-max-memory <bytes>",
      "most memory that an instance of a plugin gets (default: 64M)",
    )
    .option(
      "--source <source>",
      "live, or recording:FILE[?speed=X|max][?rate=N][&repeat=N]",
      "live",
    );
  addScopeOptions(command);
  addEventOptions(command);
  addPolicyFolderOption(command);
  addExportOptions(command);
  command.addHelpText("after", help).action(daemon);
}

const help = `
Without --scope-pid or --scope-cgroup the whole machine is traced. The socket is for its owner only
(mode 0600); TCP beyond loopback needs TLS or --insecure.

Processes in containers are told with their pod, which the container runtime on this machine knows:
containerd, CRI-O or Docker, found by its socket. No cluster API is needed. A new container's events
wait for that, once and at most --pod-wait; all other events go at once.

Examples:
  guidestar daemon
  guidestar daemon --listen unix:///tmp/g.sock --listen localhost:54321
  guidestar daemon --source recording:events.rec.gz?speed=max
  guidestar daemon --export-filename /var/log/guidestar.json --export-denylist '{"health_check":true}'

SIGHUP opens the export's file anew; a file that was renamed or removed is noticed without it.
Ctrl-C or SIGTERM stops it: programs are detached, streams end, the socket is removed.`;

async function daemon(flags: Flags): Promise<void> {
  const { startDaemon } = await import("../daemon.js");
  const { parseMetricsAddress } = await import("../export/metrics/server.js");
  const config = pipelineConfig(flags, flags.source, scopeOf(flags));
  const { log } = config;
  const startMs = performance.now();
  const stopped = interruption();
  const running = await startDaemon({
    ...config,
    listen: flags.listen,
    tls: tlsOf(flags),
    insecure: flags.insecure ?? false,
    pluginDir: pluginDirOf(flags),
    pluginSignatures: await signaturesOf(flags),
    pluginCeiling: await pluginCeilingOf(flags),
    eventQueueSize: wholeNumber(flags.eventQueueSize, "--event-queue-size"),
    export: await exportConfig(flags),
    metrics:
      flags.metricsServer === undefined
        ? undefined
        : usage(() => parseMetricsAddress(flags.metricsServer ?? "")),
  });
  if (flags.exportFilename !== undefined) process.on("SIGHUP", () => running.reopenExport());
  const status = await running.pipeline.status();
  log.info(
    { source: status.source, scope: status.scope, ms: Math.round(performance.now() - startMs) },
    `listening on ${running.addresses.join(", ")}`,
  );
  const isOpen = running.addresses.some((address) => !address.startsWith("unix:"));
  if (isOpen && flags.clientCa === undefined)
    log.warn(
      "whoever reaches the TCP address can read events and upload plugins (--client-ca asks for certificates)",
    );
  if (running.metricsUrl) log.info(`serving metrics at ${running.metricsUrl}`);
  await settle(config.source === "live");
  void running.pipeline.ended.then((error) => {
    if (error) log.error(`no more events: ${error.message}`);
    else log.info("no more events: the source has ended");
  });
  if (!stopped.aborted) await once(stopped, "abort");
  log.info(`stopping (${stopped.reason})`);
  await running.close();
  log.info("stopped");
}

/** Gives back what only starting took. */
async function settle(isLive: boolean): Promise<void> {
  const { mayGrow } = await import("../startSmall.js");
  mayGrow();
  // The binding is loaded then.
  if (isLive) (await import("../../bpf/libbpf/index.js")).trimMemory();
}

/** Recordings and parts of a machine are looked at in passing: they leave the node's plugins alone. */
function pluginDirOf(flags: Flags): string | undefined {
  const { pluginDir } = flags;
  if (pluginDir !== undefined) return pluginDir === "none" ? undefined : pluginDir;
  const isNode = flags.source === "live" && scopeOf(flags).kind === "all";
  return isNode ? defaultPluginDir : undefined;
}

async function pluginCeilingOf(flags: Flags): Promise<PluginBudget> {
  const { pluginMaxFuel: fuel, pluginMaxMemory: memory } = flags;
  const { ceilingOf } = await import("../plugins/budget.js");
  return ceilingOf({
    ...(fuel !== undefined && { fuelPerEvent: wholeNumber(fuel, "--plugin-max-fuel") }),
    ...(memory !== undefined && {
      memoryBytes: usage(() => parseBytes(memory, "--plugin-max-memory")),
    }),
  });
}

async function signaturesOf(flags: Flags): Promise<SignatureConfig> {
  const { pluginKey: files = [] } = flags;
  const policy = flags.pluginSignatures ?? (files.length > 0 ? "require" : "off");
  if (policy !== "off" && files.length === 0)
    throw new UsageError(`--plugin-signatures ${policy} needs a key to trust: give --plugin-key`);
  const { trustedKey } = await import("../plugins/signature.js");
  return { policy, keys: files.map((file) => usage(() => trustedKey(readFileSync(file), file))) };
}

function tlsOf({ serverCert, serverKey, clientCa }: Flags): ServerTls | undefined {
  if (serverCert === undefined && serverKey === undefined && clientCa === undefined)
    return undefined;
  if (serverCert === undefined || serverKey === undefined)
    throw new UsageError("TLS needs both --server-cert and --server-key");
  return { certFile: serverCert, keyFile: serverKey, clientCaFile: clientCa };
}
