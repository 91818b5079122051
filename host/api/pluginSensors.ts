import { GuidestarError } from "../errors.js";
import type { PluginManager, PluginState } from "../plugins/manager.js";
import type { ValueSchema } from "../plugins/settings/schema.js";
import { modes } from "../plugins/store/state.js";
import { closest } from "../suggest.js";
import { noSuchSensor, type Sensors } from "./sensors.js";

/** What the names of sensors that are plugins begin with. */
export const PLUGIN_PREFIX = "plugin/";

/** Keys of every plugin; all others are settings of its own. */
const ownKeys = ["mode", "settings"] as const;

/** Sensors with the plugins among them, as `plugin/NAME`: any client of the API can work on both. */
export function withPlugins(others: Sensors, plugins: PluginManager): Sensors {
  const own = pluginSensors(plugins);
  const of = (name: string) => (name.startsWith(PLUGIN_PREFIX) ? own : others);
  return {
    add: async (policy) => {
      if (!policy.name.startsWith(PLUGIN_PREFIX)) return others.add(policy);
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `a policy cannot be called ${policy.name}: names that begin with ${PLUGIN_PREFIX} are those of plugins`,
      );
    },
    remove: (name) => of(name).remove(name),
    delete: (name) => others.delete(name),
    status: () => others.status(),
    list: async () => [...(await others.list()), ...(await own.list())],
    enable: (name) => of(name).enable(name),
    disable: (name) => of(name).disable(name),
    setConfig: (name, key, value) => of(name).setConfig(name, key, value),
    getConfig: (name, key) => of(name).getConfig(name, key),
    stackTraceTree: (name) => others.stackTraceTree(name),
    stackTraceTrees: () => others.stackTraceTrees(),
  };
}

function pluginSensors(
  plugins: PluginManager,
): Omit<Sensors, "add" | "delete" | "status" | "stackTraceTree" | "stackTraceTrees"> {
  /** Rejects as clients know it of sensors. */
  const find = async (sensor: string): Promise<PluginState> => {
    const name = sensor.slice(PLUGIN_PREFIX.length);
    const all = await plugins.list();
    const found = all.find(({ stored }) => stored.name === name);
    if (found) return found;
    throw noSuchSensor(sensor);
  };
  return {
    list: async () =>
      (await plugins.list()).map(({ stored }) => ({
        name: PLUGIN_PREFIX + stored.name,
        enabled: stored.mode !== "disabled",
      })),
    enable: async (sensor) => {
      const { stored } = await find(sensor);
      if (stored.mode === "disabled") await plugins.setMode(stored.name, "enforce");
    },
    disable: async (sensor) => {
      const { stored } = await find(sensor);
      if (stored.mode !== "disabled") await plugins.setMode(stored.name, "disabled");
    },
    remove: async (sensor) => {
      const { stored } = await find(sensor);
      if (stored.mode !== "disabled") {
        throw new GuidestarError(
          "FAILED_PRECONDITION",
          `sensor ${sensor} enabled, please disable it before removing`,
        );
      }
      await plugins.remove(stored.name);
    },
    setConfig: async (sensor, key, value) => set(plugins, await find(sensor), key, value),
    getConfig: async (sensor, key) => get(await find(sensor), key),
  };
}

function get(plugin: PluginState, key: string): string {
  const { mode, settings } = plugin.stored;
  if (key === "") return JSON.stringify({ mode, settings: JSON.parse(settings || "{}") });
  if (key === "mode") return mode;
  if (key === "settings") return settings || "{}";
  settingNamed(plugin, key);
  const value = (JSON.parse(settings) as Record<string, unknown>)[key];
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function set(plugins: PluginManager, plugin: PluginState, key: string, value: string) {
  const { name, settings } = plugin.stored;
  if (key === "mode") {
    const mode = modes.find((known) => known === value);
    if (mode !== undefined) return void (await plugins.setMode(name, mode));
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `mode is one of ${modes.join(", ")}, not ${JSON.stringify(value)}`,
    );
  }
  if (key === "settings") return void (await plugins.setSettings(name, value));
  const { type } = settingNamed(plugin, key);
  const next = {
    ...JSON.parse(settings || "{}"),
    [key]: type === "string" ? value : parsed(value, key),
  };
  await plugins.setSettings(name, JSON.stringify(next));
}

function settingNamed({ stored, prepared }: PluginState, key: string): ValueSchema {
  const properties: Readonly<Record<string, ValueSchema>> = prepared?.schema?.properties ?? {};
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (property) return property;
  const known = [...ownKeys, ...Object.keys(properties)];
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `plugin ${stored.name} has no setting ${JSON.stringify(key)}: there are ${known.join(", ")}${closest(key, known)}`,
  );
}

function parsed(value: string, key: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new GuidestarError("INVALID_ARGUMENT", `${key} takes JSON: ${(error as Error).message}`);
  }
}
