/** The sensor `dns` on the base programs of a live node. */
import type { BaseSensor } from "../base.js";
import type { Scope } from "../scope.js";
import { watchedCgroup } from "./cgroup.js";
import { DnsSensor } from "./dnsSensor.js";
import type { DnsSettings } from "./settings.js";

export interface DnsConfig {
  /** From the start; else when somebody enables the sensor. */
  readonly enabled: boolean;
  readonly settings?: DnsSettings;
  /** Folder of the cgroup v2 whose sockets are watched; default: that of the scope, or all. */
  readonly cgroup?: string | undefined;
}

/** Throws a `GuidestarError`, with everything undone. Disable it before the base programs are closed. */
export async function openDns(
  base: Pick<BaseSensor, "forHooks">,
  scope: Scope,
  config: DnsConfig = { enabled: false },
): Promise<DnsSensor> {
  const { enabled, settings, cgroup } = config;
  const sensor = new DnsSensor({ base, settings, cgroup: () => watchedCgroup(scope, cgroup) });
  if (enabled) await sensor.enable();
  return sensor;
}
