/** The DNS programs in the kernel: `bpf/core/dns.bpf.c`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { BaseSensor } from "../base.js";
import { asStartupError } from "../requirements.js";
import type { DnsSettings } from "./settings.js";

const objectFile = fileURLToPath(new URL("../../../bpf/core/dns.bpf.o", import.meta.url));

/** Maps of the base programs that these use; the others come along with their headers. */
const shared = ["ring", "reader", "processes", "scope_cgroup", "counters"];
const own = ["dns_asked", "dns_ports", "dns_settings", "dns_counters", "dns_second"];

/** What the programs did; see `struct gs_dns_counters`. */
export interface DnsProgramCounts {
  readonly packets: number;
  readonly unowned: number;
  readonly limited: number;
  readonly cut: number;
}

export interface DnsProgram {
  configure(settings: DnsSettings): void;
  counts(): DnsProgramCounts;
  /** Detaches and frees it. Twice does no harm. */
  close(): void;
}

/** Throws a `GuidestarError`, with everything undone. */
export function loadDnsProgram(
  base: Pick<BaseSensor, "forHooks">,
  cgroup: string,
  settings: DnsSettings,
): DnsProgram {
  if (!existsSync(objectFile)) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `The DNS programs are not built (there is no ${objectFile}): run npm run build.`,
    );
  }
  const open: { close(): void }[] = [];
  const close = () => {
    for (const each of open.splice(0).reverse()) each.close();
  };
  try {
    const object = BpfObject.open(objectFile);
    open.push(object);
    prepare(object, base);
    object.load();
    const program = programOf(object, close);
    program.configure(settings);
    // First those that see answers, so that none comes before they are there.
    for (const name of ["dns_arrives", "dns_leaves"])
      open.push(object.program(name).attachCgroup(cgroup));
    return program;
  } catch (error) {
    close();
    throw asStartupError(error);
  }
}

function prepare(object: BpfObject, { forHooks }: Pick<BaseSensor, "forHooks">): void {
  for (const map of object.maps) {
    if (map.isData || own.includes(map.name)) continue;
    const fd = shared.includes(map.name) ? forHooks.maps[map.name] : undefined;
    if (fd === undefined) map.autocreate = false;
    else map.reuse(fd);
  }
  object.variables.setAll(forHooks.settings);
}

function programOf(object: BpfObject, close: () => void): DnsProgram {
  const settingsMap = object.map("dns_settings");
  const portsMap = object.map("dns_ports");
  const counters = object.map("dns_counters");
  return {
    configure: ({ ports, queriesOnly, maxPerSecond }) => {
      settingsMap.update(0, {
        is_queries_only: queriesOnly ? 1 : 0,
        max_per_second: maxPerSecond ?? 0,
      });
      // New ones first: a port that stays is never missing.
      for (const port of ports) portsMap.update(port, 1);
      for (const port of [...portsMap.keys()] as number[])
        if (!ports.includes(port)) portsMap.delete(port);
    },
    counts: () => {
      const cpus = (counters.lookup(0) ?? []) as readonly Record<keyof DnsProgramCounts, bigint>[];
      const sum = (field: keyof DnsProgramCounts) =>
        Number(cpus.reduce((total, each) => total + each[field], 0n));
      return {
        packets: sum("packets"),
        unowned: sum("unowned"),
        limited: sum("limited"),
        cut: sum("cut"),
      };
    },
    close,
  };
}
