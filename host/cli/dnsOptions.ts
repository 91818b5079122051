/** Options of the commands that can begin with the sensor `dns`: daemon, run and record. */
import type { Command } from "commander";
import type { DnsConfig } from "../sensors/dns/openDns.js";
import { defaultDnsSettings, dnsSettings } from "../sensors/dns/settings.js";
import { UsageError } from "./exit.js";

export interface DnsFlags {
  readonly enableDns?: boolean;
  readonly dnsPorts?: string;
  readonly dnsQueriesOnly?: boolean;
  readonly dnsMaxPerSecond?: string;
  readonly dnsCgroup?: string;
}

export function addDnsOptions(command: Command): void {
  command
    .option("--enable-dns", "show who asks which name in DNS, and the answers (sensor dns)")
    .option("--dns-ports <ports>", "ports of name servers, with commas between", "53")
    .option("--dns-queries-only", "leave answers out")
    .option("--dns-max-per-second <packets>", "leave out what comes beyond that, and count it")
    .option("--dns-cgroup <path>", "watch only sockets of this cgroup (v2) and those below it");
}

/** Throws a `UsageError` naming the option. */
export function dnsConfig(flags: DnsFlags, source: string): DnsConfig {
  if (flags.enableDns && source !== "live")
    throw new UsageError(
      "--enable-dns needs a live kernel: a recording has the DNS events that it was made with",
    );
  const given = {
    ports: flags.dnsPorts,
    "queries-only": flags.dnsQueriesOnly ? "true" : undefined,
    "max-per-second": flags.dnsMaxPerSecond,
  };
  let settings = defaultDnsSettings;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const setting = dnsSettings[key];
    const changed = setting?.set(settings, value);
    if (changed === undefined)
      throw new UsageError(`--dns-${key} takes ${setting?.takes}, not ${JSON.stringify(value)}`);
    settings = changed;
  }
  return { enabled: flags.enableDns ?? false, settings, cgroup: flags.dnsCgroup };
}
