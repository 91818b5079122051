/** `guidestar status`: whether the daemon works, and what it has done. */
import type { Command } from "commander";
import type { fgs, guidestar } from "../../proto/generated/api.js";
import type { Client } from "../api/client.js";
import { GuidestarError } from "../errors.js";
import { ExitRequest, exitCodes } from "./exit.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";

export function register(program: Command): void {
  program
    .command("status")
    .summary("show whether the daemon works and what it has done")
    .description("Shows whether the daemon works, what it sees, and what plugins and streams do.")
    .addOption(jsonOption())
    .addHelpText("after", help)
    .action(status);
}

const help = `
The first line is always 'Health Status: ...'. The exit code is 1 unless the daemon is running well.

Examples:
  guidestar status
  guidestar status -o json | jq .node.pipeline.lost_ring`;

/** What the daemon tells; `node` and `plugins` only if it is a guidestar. */
export interface Status {
  readonly health: fgs.GetHealthStatusResponse;
  readonly node: guidestar.GetStatusResponse | undefined;
  readonly plugins: readonly guidestar.Plugin.$Properties[];
}

async function status(flags: ShowFlags, command: Command): Promise<void> {
  const found = await withClient(command, ask);
  const { isRunning, statusJson, statusText } = await import("./status/text.js");
  await print(flags.output === "json" ? await statusJson(found) : statusText(found));
  if (!isRunning(found)) throw new ExitRequest(exitCodes.failed);
}

async function ask({ sensors, node, plugins }: Client): Promise<Status> {
  const [health, nodeStatus, pluginList] = await Promise.all([
    sensors.getHealth(),
    ifImplemented(node.getStatus()),
    ifImplemented(plugins.list()),
  ]);
  return { health, node: nodeStatus, plugins: pluginList ?? [] };
}

/** Other daemons of this API don't have our services. */
async function ifImplemented<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GuidestarError && error.code === "UNIMPLEMENTED") return undefined;
    throw error;
  }
}
