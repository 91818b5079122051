/** `guidestar demo`: the whole path on live kernel events, in about ten seconds. */
import type { Command } from "commander";
import { Option } from "commander";
import { ExitRequest } from "./exit.js";
import { type ColorMode, colorModes } from "./text/paint.js";

interface Flags {
  readonly color: ColorMode;
  readonly source: "auto" | "recording";
}

export function register(program: Command): void {
  program
    .command("demo")
    .summary("see live kernel events go through two WASM plugins")
    .description(
      "Starts a small workload, shows its kernel events, and uploads two WASM plugins meanwhile: one drops noise, one flags a shell that a web server started.",
    )
    .addOption(
      new Option("--color <when>", "colours")
        .choices(colorModes)
        .default("auto" satisfies ColorMode),
    )
    .addOption(
      new Option("--source <source>", "auto plays a recording only if the kernel refuses eBPF")
        .choices(["auto", "recording"])
        .default("auto"),
    )
    .action(async (flags: Flags) => {
      const { runDemo } = await import("./demo/demo.js");
      const isGood = await runDemo(flags);
      if (!isGood) throw new ExitRequest(1);
    });
}
