/** `guidestar plugin test`: runs events through a plugin, without a daemon. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import type { PreparedPlugin } from "../plugins/prepared.js";
import { ExitRequest, exitCodes, UsageError } from "./exit.js";
import { withClient } from "./globals.js";
import { LineWriter, say } from "./output.js";
import { counted } from "./text/units.js";

interface Flags {
  readonly events?: string;
  readonly recording?: string;
  readonly poison?: string | true;
  readonly settings?: string;
  readonly show: string;
}

export function register(plugin: Command): void {
  plugin
    .command("test")
    .summary("try a plugin on events")
    .description(
      "Runs events through a plugin and shows what becomes of each, and what it costs. Of a folder the plugin is built first, and the cases in its test/ are run.",
    )
    .argument("<path>", "the plugin's folder, or a .wasm file")
    .option("--events <file>", "events as 'getevents -o json' prints them, or one case")
    .option("--recording <file>", "a recording made with 'guidestar record'")
    .option("--poison [name]", "events of a daemon that made it fail (default: under its own name)")
    .option("--settings <json>", "settings for --events, --recording and --poison")
    .option("--show <count>", "how many events of a recording are shown at most", "20")
    .addHelpText("after", help)
    .action(test);
}

const help = `
Needs no root, and no daemon but for --poison. The exit code is 1 if something is not as a case
expects it, or the plugin fails on an event of --poison.

A case is a JSON file:
  {"settings": {}, "events": [{"process_exec": {"process": {"binary": "/bin/sh"}},
    "expect": {"verdict": "keep", "annotations": {"key": "value"}}}],
   "expect": {"emitted": [{"count": 3}], "findings": [{"name": "odd-shell"}]}}

Examples:
  guidestar plugin test my-filter
  guidestar getevents -o json > events.json; guidestar plugin test my-filter --events events.json
  guidestar record build.rec.gz -- make; guidestar plugin test my-filter --recording build.rec.gz
  guidestar plugin test my-filter --poison          # does it still fail?`;

async function test(target: string, flags: Flags, command: Command): Promise<void> {
  const { prepared, cases } = await pluginAt(target);
  const out = new LineWriter();
  if (flags.recording !== undefined) await recording(prepared, flags.recording, flags, out);
  const isElsewhere = flags.recording !== undefined || flags.poison !== undefined;
  const files = flags.events === undefined ? (isElsewhere ? [] : cases) : [flags.events];
  if (files.length === 0 && !isElsewhere) {
    throw new UsageError(
      `there is no test/*.json in ${target}: write a case, or give --events or --recording`,
    );
  }
  const failed = flags.poison === undefined ? 0 : await poison(prepared, flags, command, out);
  let failures = 0;
  for (const file of files) failures += await runFile(prepared, file, flags, out);
  await out.drained();
  if (failed > 0) say(`it fails on ${counted(failed, "event")}`);
  if (failures > 0) say(`${counted(failures, "expectation")} not met`);
  if (failed + failures > 0) {
    throw new ExitRequest(exitCodes.failed);
  }
}

/** Returns how many expectations were not met. */
async function runFile(
  prepared: PreparedPlugin,
  file: string,
  flags: Flags,
  out: LineWriter,
): Promise<number> {
  const { parseCase } = await import("../plugins/testing/fixture.js");
  const { runCase } = await import("../plugins/testing/runCase.js");
  const { caseText, countsText } = await import("./plugin/report.js");
  const given = parseCase(read(file), file);
  const settings = flags.settings === undefined ? given.settings : flags.settings;
  const result = await runCase(prepared, { ...given, settings });
  out.line(`${path.relative(".", file)}`);
  out.line(caseText(result));
  out.line(countsText(given.events.length, result.counts));
  return result.failures.length;
}

/** Returns on how many of the events that made it fail the plugin fails now. */
async function poison(
  prepared: PreparedPlugin,
  flags: Flags,
  command: Command,
  out: LineWriter,
): Promise<number> {
  const { poisonLines } = await import("./plugin/poison.js");
  const { parseCase } = await import("../plugins/testing/fixture.js");
  const { runCase } = await import("../plugins/testing/runCase.js");
  const { caseText, countsText } = await import("./plugin/report.js");
  const name = typeof flags.poison === "string" ? flags.poison : prepared.name;
  const shown = await withClient(command, ({ plugins }) => plugins.get(name));
  const lines = await poisonLines(shown.poison);
  if (lines.length === 0) {
    say(`no event is kept that made ${name} fail`);
    return 0;
  }
  const settings = flags.settings ?? (shown.plugin?.settings || "{}");
  const given = { ...parseCase(lines.join("\n"), `poison of ${name}`), settings };
  const result = await runCase(prepared, given);
  out.line(caseText(result));
  out.line(countsText(given.events.length, result.counts));
  return result.rows.filter(({ verdict }) => verdict === "failed").length;
}

async function recording(
  prepared: PreparedPlugin,
  file: string,
  flags: Flags,
  out: LineWriter,
): Promise<void> {
  const { runRecording } = await import("../plugins/testing/runRecording.js");
  const { countsText, shownText } = await import("./plugin/report.js");
  const most = Number(flags.show);
  if (!Number.isSafeInteger(most) || most < 0) {
    throw new UsageError(`--show takes a whole number, not ${flags.show}`);
  }
  let shown = 0;
  const result = await runRecording(prepared, file, {
    ...(flags.settings !== undefined && { settings: flags.settings }),
    show: (event, fate) => {
      if (shown++ < most) out.line(shownText(event, fate));
    },
  });
  if (shown > most) out.line(`… and ${counted(shown - most, "event")} more: --show ${shown}`);
  for (const line of result.log) out.line(`log ${line}`);
  out.line(countsText(result.events, result.counts));
}

/** The plugin at a path, built if it is a folder, and the cases that belong to it. */
async function pluginAt(target: string) {
  const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const { prepare } = await import("../plugins/validate.js");
  if (!isFolder) {
    const { readModule } = await import("./plugin/module.js");
    return { prepared: await prepare(readModule(target).bytes), cases: [] };
  }
  const { buildFolder } = await import("./plugin/buildFolder.js");
  const built = await buildFolder(target);
  return { prepared: await prepare(built.bytes), cases: casesIn(path.join(target, "test")) };
}

function casesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new UsageError(`cannot read ${file}: ${why}`, { cause: error });
  }
}
