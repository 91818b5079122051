import type { Registry } from "prom-client";
import type { ActivePlugin, PluginCounts } from "../../plugins/prepared.js";
import { instrument, type Values } from "./instruments.js";

/** Of more plugins than this only the number is shown. */
const mostPlugins = 100;
/** As people see it elsewhere: the version is a hash. */
const versionLength = 12;

/** A series for each plugin in the chain: one that was removed or replaced has none any more. */
export function pluginMetrics(registry: Registry) {
  const labels = ["plugin", "version"];
  const counter = (name: string, help: string) =>
    instrument(registry, "counter", `plugin_${name}_total`, help, labels);
  const plugins = instrument(registry, "gauge", "plugins", "Plugins in the chain");
  const works = instrument(
    registry,
    "gauge",
    "plugin_up",
    "1 if the plugin works, 0 if it failed too often and is quarantined",
    labels,
  );
  const counts: [keyof PluginCounts, ReturnType<typeof counter>, number][] = [
    ["seen", counter("events_seen", "Events that the plugin was asked about"), 1],
    ["kept", counter("events_kept", "Events that the plugin kept"), 1],
    ["dropped", counter("events_dropped", "Events that the plugin dropped"), 1],
    ["annotated", counter("events_annotated", "Events that the plugin annotated"), 1],
    ["failed", counter("events_failed", "Events that passed because the plugin failed on them"), 1],
    [
      "withheld",
      counter("events_withheld", "Failed events that did not pass: the plugin fails closed"),
      1,
    ],
    ["emitted", counter("events_emitted", "Events that the plugin sent for others"), 1],
    ["findings", counter("findings", "What the plugin found out"), 1],
    ["patched", counter("events_patched", "Events of which the plugin filled fields"), 1],
    ["timeNs", counter("seconds", "Time spent in the plugin"), 1e-9],
    ["fuel", counter("fuel", "Fuel that the plugin burnt"), 1],
  ];
  return (active: readonly ActivePlugin[]) => {
    plugins(active.length);
    const shown = active.slice(0, mostPlugins);
    const each = (value: (plugin: ActivePlugin) => number): Values =>
      shown.map((plugin) => {
        const version = plugin.version.slice(0, versionLength);
        return [{ plugin: plugin.name, version }, value(plugin)] as const;
      });
    works(each(({ failure }) => (failure === "" ? 1 : 0)));
    for (const [name, show, factor] of counts) show(each(({ counts }) => counts[name] * factor));
  };
}
