/** `guidestar plugin`: the WASM plugins that events pass through. */
import type { Command } from "commander";
import { register as build } from "./pluginBuild.js";
import { register as list } from "./pluginList.js";
import { register as push } from "./pluginPush.js";
import { register as rm } from "./pluginRm.js";

export function register(program: Command): void {
  const plugin = program
    .command("plugin")
    .summary("build, upload, list and remove plugins")
    .description("Builds, uploads, lists and removes the WASM plugins that events pass through.");
  build(plugin);
  push(plugin);
  list(plugin);
  rm(plugin);
}
