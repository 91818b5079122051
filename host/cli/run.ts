/** `guidestar run -- CMD`: traces one command and everything it starts. */
import { createWriteStream, readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { GuidestarError } from "../errors.js";
import type { PipelineHandle } from "../pipeline/handle.js";
import type { Frames } from "../pipeline/port.js";
import type { PluginSetup, PreparedPlugin } from "../plugins/prepared.js";
import { ExitRequest } from "./exit.js";
import { addEventOptions, type PipelineFlags, pipelineConfig } from "./pipelineOptions.js";
import { type ColorMode, colorModes } from "./text/paint.js";

interface Flags extends PipelineFlags {
  readonly plugin: readonly string[];
  readonly output: "compact" | "json";
  readonly outputFile?: string;
  readonly color: ColorMode;
  readonly timestamps?: boolean;
  readonly stackTraces?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command("run")
    .summary("trace one command and everything it starts")
    .description("Runs a command and prints the events of it and of everything it starts.")
    .argument("<command...>", "the command and its arguments, after --")
    .option("--plugin <file...>", "WASM plugins that the events pass through, in this order", [])
    .addOption(
      new Option("-o, --output <format>", "one line for people, or one JSON object a line")
        .choices(["compact", "json"])
        .default("compact"),
    )
    .option("--output-file <file>", "write events there; - is standard output", "standard error")
    .addOption(
      new Option("--color <when>", "colours in compact output").choices(colorModes).default("auto"),
    )
    .option("--timestamps", "put the time in front of each compact line")
    .option("--stack-traces", "show stacks that policies asked for below compact lines");
  addEventOptions(command);
  command.addHelpText("after", help).action(run);
}

const help = `
Events go to standard error, so that the command's own output stays its own. The exit code is the
command's. Only the command's process tree is traced, and that is decided in the kernel.

Examples:
  guidestar run -- make -j4
  guidestar run -o json --output-file events.json -- ./install.sh
  guidestar run --plugin dist/plugins/examples/package-noise.wasm -- apt-get install -y jq`;

async function run(words: readonly string[], flags: Flags): Promise<void> {
  const { startPipeline } = await import("../daemon.js");
  const { launchWaiting } = await import("../launch.js");
  const modules = await prepareAll(flags.plugin);
  const config = pipelineConfig({ ...flags, logLevel: "warn" }, "live", { kind: "all" });
  const printer = await printerFor(flags);
  const launched = await launchWaiting(words);
  let running: Awaited<ReturnType<typeof startPipeline>> | undefined;
  try {
    const scope = { kind: "tree", rootPids: [launched.pid], spawned: true } as const;
    running = await startPipeline({ ...config, scope });
    await running.pipeline.arrange(modules.map(setupOf));
    const shown = await showEvents(running.pipeline, printer);
    forwardSignals((signal) => launched.kill(signal));
    launched.release();
    const exitCode = await launched.exited;
    await running.close();
    const { lostRing } = await running.pipeline.status();
    printer.tellLoss({ ring: lostRing - shown.lostRing, slowClient: 0, aggregation: 0 });
    await printer.out.drained();
    throw new ExitRequest(exitCode);
  } finally {
    launched.kill("SIGKILL");
    await running?.close();
  }
}

function setupOf(plugin: PreparedPlugin, index: number): PluginSetup {
  const { settings } = plugin;
  return { plugin, instance: index + 1, mode: "enforce", settings, uploadedMs: Date.now() };
}

async function prepareAll(files: readonly string[]) {
  if (files.length === 0) return [];
  const { prepare } = await import("../plugins/validate.js");
  return Promise.all(
    files.map(async (file) => {
      let bytes: Uint8Array;
      try {
        bytes = readFileSync(file);
      } catch (error) {
        const { message } = error as Error;
        throw new GuidestarError("NOT_FOUND", `cannot read the plugin ${file}: ${message}`);
      }
      try {
        return await prepare(bytes, {});
      } catch (error) {
        const { code, message } = GuidestarError.from(error);
        throw new GuidestarError(code, `${file}: ${message}`, { cause: error });
      }
    }),
  );
}

async function printerFor(flags: Flags) {
  const { EventPrinter } = await import("./getevents/printer.js");
  const { LineWriter } = await import("./output.js");
  const { output, color, timestamps = false, stackTraces = false, outputFile } = flags;
  const stream =
    outputFile === "-"
      ? process.stdout
      : outputFile === undefined || outputFile === "standard error"
        ? process.stderr
        : createWriteStream(outputFile);
  return new EventPrinter(new LineWriter(stream), {
    output,
    color,
    timestamps,
    stackTraces,
    count: undefined,
    terminal: stream,
  });
}

/** Prints all events. In the result, the losses that have been told so far. */
async function showEvents(
  pipeline: PipelineHandle,
  printer: Awaited<ReturnType<typeof printerFor>>,
): Promise<{ readonly lostRing: number }> {
  const codecs = await import("../../proto/generated/api.js");
  const decode = (bytes: Uint8Array) => codecs.fgs.GetEventsResponse.decode(bytes);
  const shown = { lostRing: 0 };
  await pipeline.subscribe(
    { allow: [], deny: [] },
    {
      frames(frames: Frames) {
        printer.tellLoss({ ring: frames.lostRing, slowClient: 0, aggregation: 0 });
        shown.lostRing += frames.lostRing;
        for (const bytes of messagesIn(frames)) printer.print(decode(bytes));
      },
      end: () => {},
    },
  );
  return shown;
}

function* messagesIn({ bytes }: Frames): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at + 1);
    yield bytes.subarray(at + 5, at + 5 + size);
    at += 5 + size;
  }
}

/** The terminal sends Ctrl-C to the command too: its end is ours. Other signals are passed on. */
function forwardSignals(kill: (signal: NodeJS.Signals) => void): void {
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => kill("SIGTERM"));
  process.on("SIGHUP", () => kill("SIGHUP"));
}
