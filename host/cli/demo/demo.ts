/**
 * The demo: a workload is started, its kernel events are printed, and two plugins are uploaded over
 * gRPC while they flow. All of it goes the way that a user's events go; nothing is made up.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { fgs } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { compactLine } from "../compact.js";
import { LineWriter } from "../output.js";
import { type ColorMode, isColored, type Paint, paintFor } from "../text/paint.js";
import { bytesText, counted, grouped } from "../text/units.js";
import { type DemoSession, openSession } from "./session.js";

export interface DemoOptions {
  readonly color: ColorMode;
  readonly source: "auto" | "recording";
}

interface Tally {
  events: number;
  annotated: number;
  lost: number;
  /** Rounds of the workload that have begun. */
  rounds: number;
}

/** Which plugin is uploaded when so many rounds of the workload have been seen. */
const uploads: Readonly<Record<number, string>> = { 2: "package-noise", 4: "server-shell" };

/** @returns whether everything was seen that the demo promises, and the counts add up. */
export async function runDemo({ color, source }: DemoOptions): Promise<boolean> {
  const out = new LineWriter();
  const paint = paintFor(isColored(color, process.stdout));
  const session = await openSession(source);
  const interrupt = () => session.client.close();
  process.once("SIGINT", interrupt);
  try {
    for (const line of introduction(session)) out.line(paint.dim(line));
    const tally = await watch(session, out, paint);
    const isGood = await closing(session, tally, out, paint);
    await out.drained();
    return isGood;
  } finally {
    process.off("SIGINT", interrupt);
    await session.close();
  }
}

function introduction({ refusal }: DemoSession): string[] {
  if (refusal === undefined)
    return [
      "Live kernel events of a small workload and everything it starts, and of nothing else.",
    ];
  return [
    `Not live: ${refusal}`,
    "What follows is a recording of the same workload, made on a Debian kernel, played through the same path.",
  ];
}

async function watch(session: DemoSession, out: LineWriter, paint: Paint): Promise<Tally> {
  const { client, launched } = session;
  const tally: Tally = { events: 0, annotated: 0, lost: 0, rounds: 0 };
  const stream = client.sensors.getEvents({});
  await stream.ready;
  launched?.release();
  void launched?.exited.then(() => endWhenAllArrived(session, tally, stream.cancel));
  const uploading: Promise<void>[] = [];
  for await (const event of stream) {
    out.line(compactLine(event, { paint }));
    tally.events++;
    if (Object.keys(event.annotations).length > 0) tally.annotated++;
    if (startsRound(event)) {
      tally.rounds++;
      const plugin = uploads[tally.rounds];
      if (plugin !== undefined) uploading.push(upload(session, plugin, out, paint));
    }
  }
  await Promise.all(uploading);
  const { ring, slowClient } = await stream.losses;
  tally.lost = ring + slowClient;
  return tally;
}

/** Each round of the workload asks once for the kernel's name. */
function startsRound({ process_exec: exec }: fgs.GetEventsResponse): boolean {
  return basename(exec?.process?.binary ?? "") === "uname";
}

async function upload(session: DemoSession, name: string, out: LineWriter, paint: Paint) {
  const file = fileURLToPath(new URL(`../../../plugins/examples/${name}.wasm`, import.meta.url));
  const module = readFileSync(file);
  const startMs = performance.now();
  const { plugin, first_sequence } = await session.client.plugins.upload(module);
  const ms = Math.round(performance.now() - startMs);
  const text = `── plugin ${name} (${bytesText(module.length)}) uploaded and active in ${ms} ms, from event ${first_sequence} on: ${plugin?.description} ──`;
  out.line(paint.bold(text));
}

/** The workload is over: ends the stream once all that the pipeline kept has arrived. */
async function endWhenAllArrived(session: DemoSession, tally: Tally, end: () => void) {
  const deadlineMs = performance.now() + 5000;
  while (performance.now() < deadlineMs) {
    const { pipeline } = await session.client.node.getStatus();
    const before = tally.events;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (before === toNumber(pipeline?.kept ?? 0) && before === tally.events) break;
  }
  end();
}

async function closing(session: DemoSession, tally: Tally, out: LineWriter, paint: Paint) {
  const { pipeline } = await session.client.node.getStatus();
  const plugins = await session.client.plugins.list();
  const [seen, kept, dropped, lostRing] = [
    pipeline?.seen,
    pipeline?.kept,
    pipeline?.dropped,
    pipeline?.lost_ring,
  ].map((count) => toNumber(count ?? 0)) as [number, number, number, number];
  const lost = lostRing + tally.lost;
  for (const { name, counts } of plugins)
    out.line(
      `plugin ${name}: saw ${counted(toNumber(counts?.seen ?? 0), "event")}, dropped ${grouped(counts?.dropped ?? 0)}, annotated ${grouped(counts?.annotated ?? 0)}`,
    );
  out.line(
    paint.bold(
      `seen ${grouped(seen)} = kept ${grouped(kept)} + dropped ${grouped(dropped)}; delivered ${grouped(tally.events)}, annotated ${grouped(tally.annotated)}, lost ${grouped(lost)}`,
    ),
  );
  const complaints = [
    seen === kept + dropped ? "" : "the counts do not add up",
    tally.events + lost >= kept && tally.events <= kept ? "" : "not all that was kept arrived",
    lost === 0 ? "" : "events were lost",
    dropped > 0 ? "" : "no event was dropped",
    tally.annotated > 0 ? "" : "no event was annotated",
  ].filter((complaint) => complaint !== "");
  for (const complaint of complaints) out.line(paint.red(`the demo failed: ${complaint}`));
  return complaints.length === 0;
}
