/** `guidestar plugin`: the WASM plugins that events pass through. */
import type { Command } from "commander";
import { register as build } from "./pluginBuild.js";
import { register as change } from "./pluginChange.js";
import { register as list } from "./pluginList.js";
import { register as logs } from "./pluginLogs.js";
import { register as create } from "./pluginNew.js";
import { register as poison } from "./pluginPoison.js";
import { register as push } from "./pluginPush.js";
import { register as rm } from "./pluginRm.js";
import { register as show } from "./pluginShow.js";
import { register as sign } from "./pluginSign.js";
import { register as stats } from "./pluginStats.js";
import { register as tryOut } from "./pluginTest.js";

export function register(program: Command): void {
  const plugin = program
    .command("plugin")
    .summary("write, build, test, upload, watch, change and remove plugins")
    .description(
      "Writes, builds, tests, uploads, watches, changes and removes the WASM plugins that events pass through.",
    );
  create(plugin);
  build(plugin);
  tryOut(plugin);
  sign(plugin);
  push(plugin);
  list(plugin);
  show(plugin);
  stats(plugin);
  poison(plugin);
  logs(plugin);
  change(plugin);
  rm(plugin);
}
