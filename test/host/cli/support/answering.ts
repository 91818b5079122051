/** The command line against a server that answers what the test says. */
import type { guidestar } from "../../../../proto/generated/api.js";
import { type Outcome, run, terminal } from "./run.js";
import { type Script, startServer } from "./server.js";

export const version = "3f2a9c81d0e47b65".repeat(4);
export const plugin: guidestar.Plugin.$Properties = {
  name: "server-shell",
  version,
  manifest_version: "1.0.0",
  description: "flags shells",
  size: 4700,
  uploaded: { seconds: 1769860800 },
  first_sequence: 101,
  counts: { seen: 1000, kept: 900, dropped: 100, annotated: 7, time_ns: 50_000, fuel: 12 },
};
export const broken: guidestar.Plugin.$Properties = {
  ...plugin,
  name: "evil\tname",
  failure: "trap: out of fuel",
  counts: { seen: 10, kept: 10, failed: 10 },
};

/** Runs one command against a server with these answers. */
export async function runWith(
  script: Script,
  args: string[],
  onTerminal = false,
): Promise<Outcome> {
  const server = await startServer(script);
  const all = [...args, "--server-address", server.address];
  try {
    return await (onTerminal
      ? terminal(all, { env: { NO_COLOR: "1" } }).outcome
      : run(all, { timeoutMs: 30_000 }));
  } finally {
    server.stop();
  }
}

export const answering =
  (answers: Script["answers"]) =>
  (args: string[], onTerminal = false) =>
    runWith({ answers: answers ?? {} }, args, onTerminal);
