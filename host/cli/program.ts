/** Puts the commands together, and turns what they throw into a sentence and an exit code. */
import { styleText } from "node:util";
import { Command, CommanderError } from "commander";
import { version as cliVersion } from "../version.js";
import { register as daemon } from "./daemon.js";
import { register as demo } from "./demo.js";
import { ExitRequest, errorText, exitCodeOf, exitCodes } from "./exit.js";
import { register as getevents } from "./getevents.js";
import { addGlobalOptions, globalsOf } from "./globals.js";
import { register as plugin } from "./plugin.js";
import { register as probe } from "./probe.js";
import { register as record } from "./record.js";
import { register as run } from "./run.js";
import { register as sensors } from "./sensors.js";
import { register as stacktraceTree } from "./stacktraceTree.js";
import { register as status } from "./status.js";
import { register as tracingpolicy } from "./tracingpolicy.js";
import { register as version } from "./version.js";

/** In the order in which `--help` shows them. */
const tracing = [daemon, run, record, demo];
const watching = [getevents, status];
const changing = [plugin, sensors, tracingpolicy, stacktraceTree];
const other = [probe, version];

/** Runs a command line (without node and the script) and resolves to the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  // Nobody may be listening to complaints; that is no reason to fail.
  process.stderr.on("error", () => {});
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    const isTold = error instanceof CommanderError || error instanceof ExitRequest;
    if (!isTold) process.stderr.write(errorText(error, globalsOf(program).debug ?? false));
    return exitCodeOf(error);
  }
}

export function createProgram(): Command {
  const program = new Command("guidestar")
    .description("Kernel events of this machine, filtered and enriched by WASM plugins.")
    .version(cliVersion, "-V, --version", "print the version of this program")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => styleText("bold", title) })
    .configureOutput({ outputError: (text, write) => write(oneSentence(text)) })
    .addHelpText("after", help);
  addGlobalOptions(program);
  const groups = { "Trace:": tracing, "Watch:": watching, "Change:": changing, "Other:": other };
  for (const [heading, commands] of Object.entries(groups)) {
    program.commandsGroup(heading);
    for (const register of commands) register(program);
  }
  program.addHelpCommand(
    new Command("help")
      .argument("[command]")
      .summary("show what a command does, with examples")
      .helpGroup("Other:"),
  );
  return program;
}

/** commander puts its suggestion on a second line, in brackets. */
function oneSentence(text: string): string {
  const sentence = text
    .replace(/^error: /, "")
    .trim()
    .replace(/\n\((.*)\)$/s, ". $1");
  return `guidestar: ${sentence}\n`;
}

const help = `
Examples:
  guidestar getevents                       print what happens on this machine
  guidestar plugin push filter.wasm         filter it, from the next event on
  guidestar status                          what was seen, kept, dropped and lost

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted by Ctrl-C.`;
