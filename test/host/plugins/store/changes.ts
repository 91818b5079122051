/** Changes of a plugin store, each determined by a seed and a number. */
import { createHash } from "node:crypto";
import type {
  ChainPort,
  PluginManager,
  PluginState,
  Prepare,
} from "../../../../host/plugins/manager.js";
import {
  type ActivePlugin,
  newCounts,
  type PluginSetup,
} from "../../../../host/plugins/prepared.js";
import { generator } from "../generator.js";

/** Modules are any bytes: the checks of the real one have tests of their own. */
export const prepareAnything: Prepare = async (module, { name = "unnamed" }) => ({
  name,
  version: createHash("sha256").update(module).digest("hex"),
  manifestVersion: String(module.length),
  description: "",
  size: module.length,
  code: module,
  eventTypes: [],
  failurePolicy: "open",
  scope: "node",
  tickMs: 0,
  settings: "",
});

/** A chain that is what it was told to be. */
export function chainPort(): ChainPort {
  let chain: ActivePlugin[] = [];
  const active = ({ plugin, mode, settings, uploadedMs }: PluginSetup): ActivePlugin => {
    const { name, version, manifestVersion, description, size, failurePolicy } = plugin;
    return {
      ...{ name, version, manifestVersion, description, size, failurePolicy },
      ...{ mode, settings, uploadedMs, firstSequence: 1, counts: newCounts(), failure: "" },
    };
  };
  return {
    arrange: async (setups) => {
      const before = chain;
      chain = setups.map(active);
      const removed = before.filter(({ name }) => !chain.some((one) => one.name === name));
      return { firstSequence: 1, plugins: chain, removed };
    },
    plugins: async () => chain,
    rehearse: async () => ({ events: 0, counts: newCounts(), failure: "", poison: [] }),
  };
}

/** What has to be the same after a restart. */
export function summary(plugins: readonly PluginState[]): string[] {
  return plugins.map(({ stored }) => {
    const versions = stored.versions.map(({ hash }) => hash.slice(0, 8));
    return [stored.name, stored.mode, stored.active.slice(0, 8), ...versions].join(" ");
  });
}

const names = ["a", "b", "c", "d"];

export async function change(manager: PluginManager, seed: number, n: number): Promise<void> {
  const random = generator(seed * 100_003 + n);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const name = pick(names);
  const kind = random(20);
  if (kind < 10) {
    const module = Buffer.alloc(1 + random(200_000), n);
    await manager.upload(module, { name });
  } else if (kind < 13) await manager.remove(name);
  else if (kind < 16) await manager.setOrder([name]);
  else if (kind < 18) await manager.setMode(name, pick(["enforce", "monitor", "disabled"]));
  else await manager.rollback(name, "");
}
