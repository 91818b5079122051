import { fgs, type guidestar } from "../../proto/generated/api.js";
import type { ActivePlugin, PluginCounts } from "../plugins/prepared.js";

const prefixBytes = 5;

/** A framed message that tells a stream what plugins did to events, before all streams and on this one. */
export function accountsFrame(
  nodeName: string,
  node: readonly ActivePlugin[],
  own: readonly ActivePlugin[],
): Uint8Array {
  const plugins = [
    ...node.map((plugin) => toAccount(plugin, false)),
    ...own.map((plugin) => toAccount(plugin, true)),
  ];
  const nowMs = Date.now();
  const message = fgs.GetEventsResponse.encode({
    node_name: nodeName,
    time: { seconds: Math.floor(nowMs / 1000), nanos: (nowMs % 1000) * 1e6 },
    plugin_accounts: { plugins },
  }).finish();
  const frame = new Uint8Array(prefixBytes + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, prefixBytes);
  return frame;
}

/** Changes whenever there is something new to tell. */
export function accountsKey(plugins: readonly ActivePlugin[]): string {
  return plugins
    .map(({ name, version, mode, failure, counts }) =>
      [name, version, mode, failure, counts.seen, counts.emitted].join(" "),
    )
    .join("\n");
}

const modes = { enforce: 1, monitor: 2, disabled: 3 } as const;

function toAccount(plugin: ActivePlugin, of_stream: boolean): guidestar.PluginAccount.$Properties {
  const { name, version, mode, failure, counts } = plugin;
  return { name, version, mode: modes[mode], failure, counts: toCounts(counts), of_stream };
}

function toCounts({ timeNs, ...same }: PluginCounts): guidestar.PluginCounts.$Properties {
  return { ...same, time_ns: Math.round(timeNs) };
}
