import type { guidestar } from "../../../proto/generated/api.js";
import { statsColumns } from "../plugin/columns.js";
import type { Paint } from "../text/paint.js";
import { aligned, type Column } from "../text/table.js";

type Account = guidestar.PluginAccount.$Properties;

const columns: readonly Column<Account>[] = [
  { title: "PLUGIN", cell: ({ name }) => name ?? "" },
  { title: "ON", cell: ({ of_stream }) => (of_stream ? "this stream" : "the node") },
  ...statsColumns.slice(1),
];

/** What plugins did to events: those of the node, then those of the stream. */
export function accountsText(accounts: guidestar.PluginAccounts.$Properties, paint: Paint): string {
  const plugins = accounts.plugins ?? [];
  if (plugins.length === 0) return "no plugins";
  const failed = plugins.filter(({ failure }) => failure);
  const why = failed.map(({ name, failure }) => `${name} is out of the chain: ${failure}`);
  return [aligned(columns, plugins, paint), ...why].join("\n");
}
