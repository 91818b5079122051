/** `guidestar version`. */
import type { Command } from "commander";
import { version as cliVersion } from "../version.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";

interface Flags {
  readonly client?: boolean;
}

export function register(program: Command): void {
  program
    .command("version")
    .summary("print the versions of the daemon and of this program")
    .description("Prints the versions of the daemon and of this program.")
    .option("--client", "only of this program: needs no daemon")
    .action(version);
}

async function version(flags: Flags, command: Command): Promise<void> {
  const lines = [`cli version: ${cliVersion}`];
  if (!flags.client) {
    const server = await withClient(command, ({ sensors }) => sensors.getVersion());
    lines.unshift(`server version: ${server || "unknown"}`);
  }
  await print(lines.join("\n"));
}
