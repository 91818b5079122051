/** `guidestar record FILE`: writes raw kernel records, to be played later without root or eBPF. */
import { release } from "node:os";
import type { Command } from "commander";
import type { HookDescription } from "../policy/hookSpec.js";
import type { DnsSensor } from "../sensors/dns/dnsSensor.js";
import type { OpenPolicies } from "../sensors/policies/openPolicies.js";
import { ExitRequest, UsageError } from "./exit.js";
import { interruption } from "./interrupt.js";
import {
  addPipelineOptions,
  addScopeOptions,
  type PipelineFlags,
  pipelineConfig,
  type ScopeFlags,
  scopeOf,
} from "./pipelineOptions.js";

interface Flags extends PipelineFlags, ScopeFlags {
  readonly duration?: string;
}

export function register(program: Command): void {
  const command = program
    .command("record")
    .summary("write raw kernel records into a file")
    .description("Writes raw kernel records into a file, to be played later without root or eBPF.")
    .argument("<file>", "the recording; gzipped if its name ends in .gz")
    .argument("[command...]", "after --: record just this command and everything it starts")
    .option("--duration <seconds>", "stop after so many seconds");
  addScopeOptions(command);
  addPipelineOptions(command);
  command.addHelpText("after", help).action(record);
}

const help = `
Recording ends with the command, after --duration, or with Ctrl-C. Play it with
'guidestar daemon --source recording:FILE'.

Examples:
  guidestar record build.rec.gz -- make -j4
  guidestar record --duration 60 node.rec.gz`;

async function record(file: string, words: readonly string[], flags: Flags): Promise<void> {
  // Before anything slow: a Ctrl-C while the programs load still leaves a whole, if empty, file.
  const interrupted = interruption();
  const { loadBase } = await import("../sensors/base.js");
  const { openLiveSource } = await import("../source/live.js");
  const { Recorder } = await import("../source/recorder.js");
  const { scopeText } = await import("../sensors/scope.js");
  const { launchWaiting } = await import("../launch.js");
  const { defaultNodeName } = await import("../options.js");
  const { version } = await import("../version.js");
  const { counted } = await import("./text/units.js");
  const { say } = await import("./output.js");

  const config = pipelineConfig(flags, "live", scopeOf(flags));
  const durationMs = flags.duration === undefined ? undefined : seconds(flags.duration);
  const launched = words.length > 0 ? await launchWaiting(words) : undefined;
  const scope = launched
    ? ({ kind: "tree", rootPids: [launched.pid], spawned: true } as const)
    : config.scope;
  try {
    const base = loadBase({ scope, ringBytes: config.ringBytes });
    let policies: OpenPolicies | undefined;
    let dns: DnsSensor | undefined;
    try {
      const source = await openLiveSource(base.source);
      const recorder = new Recorder(source, file, {
        layout: source.layout,
        bootToWallNs: String(source.bootToWallNs),
        nodeName: config.nodeName ?? defaultNodeName(),
        kernel: release(),
        version,
        recorded: new Date().toISOString(),
        scope: scopeText(scope),
        hostNamespaces: base.hostNamespaces,
      });
      interrupted.addEventListener("abort", () => recorder.stop());
      if (interrupted.aborted) recorder.stop();
      if (durationMs !== undefined) setTimeout(() => recorder.stop(), durationMs).unref();
      if (!launched) say(`recording into ${file}; Ctrl-C ends it`);
      const hooks = {
        define: async (each: readonly HookDescription[]) => source.define?.(each),
        forget: async (each: readonly number[]) => source.forget?.(each),
      };
      if (config.policies) {
        const { openPolicies } = await import("../sensors/policies/openPolicies.js");
        policies = await openPolicies(base, hooks, config.policies);
      }
      const { openDns } = await import("../sensors/dns/openDns.js");
      dns = await openDns(base, scope, config.dns);
      const finished = recorder.run();
      finished.catch(() => {});
      launched?.release();
      const exitCode = await launched?.exited;
      if (launched) recorder.stop();
      await finished;
      const { ring } = source.losses();
      source.close();
      const lost = ring === 0 ? "none lost" : `${ring} LOST because the ring buffer was full`;
      say(`${counted(recorder.records, "record")} in ${file}, ${lost}`);
      if (exitCode) throw new ExitRequest(exitCode);
    } finally {
      await dns?.disable();
      await policies?.close();
      base.close();
    }
  } finally {
    launched?.kill("SIGKILL");
  }
}

function seconds(text: string): number {
  if (Number(text) > 0) return Number(text) * 1000;
  throw new UsageError(`--duration takes a number of seconds above 0, not ${text}`);
}
