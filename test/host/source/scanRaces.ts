/** Processes and threads that fork, exec and end while the programs are attached and /proc is read. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Decoder } from "../../../host/events/decoder.js";
import { type Event, EventType, type Process } from "../../../host/events/model.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { loadBase } from "../../../host/sensors/base.js";
import type { Scope } from "../../../host/sensors/scope.js";
import { openLiveSource } from "../../../host/source/live.js";
import { workload } from "../../bpf/core/harness.js";
import { act } from "../../conformance/case.js";

const nop = workload("nop");
const swarm = workload("swarm");
/** Children of each swarm. */
const swarmSize = 40;

/**
 * Three lines of processes until the file `stop` is there: swarms, children of subshells, children
 * of threads. Each child has a name. Prints a line for each subshell, and at the end how many children
 * the lines had.
 */
const script = `
(while [ ! -e stop ]; do ${swarm} ${swarmSize} 8 ${nop} > /dev/null; done) &
(i=0; while [ ! -e stop ]; do (${nop} sub-$i; exit 1); echo; i=$((i+1)); done; echo sub- $i) &
(i=0; while [ ! -e stop ]; do
  ${act} thread [ fork [ exec ${act} exec ${nop} thread-$i ";" ] wait ] join
  i=$((i+1))
done; echo thread- $i) &
wait`;

export interface RoundOptions {
  readonly scope: (rootPid: number) => Scope;
  /** Tracing begins when so many subshells have ended. */
  readonly startAt: number;
}

/** What can end in the time between the start of tracing and the reading of /proc. */
const mostUnknown = 100;
/** Processes that are seen to end before it is over. */
const enough = 200;

/** One start of tracing in the middle of it all. @returns how many ends were seen */
export async function scanRace({ scope, startAt }: RoundOptions): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "scan-race-"));
  const root = spawn("/bin/sh", ["-c", script], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const rootPid = root.pid ?? 0;
  try {
    const totals = new Map<string, number>();
    let lines = 0;
    const isUnderWay = new Promise<void>((resolve) => {
      createInterface(root.stdout).on("line", (line) => {
        const [name, count] = line.split(" ");
        if (name) totals.set(name, Number(count));
        if (++lines === startAt) resolve();
      });
    });
    let isOver = false;
    root.once("close", () => {
      isOver = true;
    });
    await isUnderWay;
    const stop = () => writeFileSync(path.join(folder, "stop"), "");
    const events = await watch(scope(rootPid), { stop, isOver: () => isOver });
    return check(events, rootPid, totals);
  } finally {
    root.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Workload {
  readonly stop: () => void;
  readonly isOver: () => boolean;
}

async function watch(scope: Scope, { stop, isOver }: Workload): Promise<Event[]> {
  const base = loadBase({ scope });
  const source = openLiveSource(base.source);
  try {
    const cache = new ProcessCache(65_536);
    const { layout, bootToWallNs } = source;
    const lookUp = source.lookUp?.bind(source);
    const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs, lookUp });
    const events: Event[] = [];
    let ends = 0;
    const drain = () =>
      source.read(1024, (bytes, view, at, size) => {
        const event = decoder.decode(bytes, view, at, size);
        if (event) events.push(event);
        if (event?.type === EventType.EXIT && ++ends === enough) stop();
      });
    while (!isOver()) if (drain() === 0) await source.wait(20);
    while (drain() > 0);
    assert.equal(source.losses().ring, 0);
    assert.equal(decoder.malformed, 0);
    return events;
  } finally {
    stop();
    source.close();
    base.close();
  }
}

function check(all: readonly Event[], rootPid: number, totals: ReadonlyMap<string, number>) {
  const isOurs = ({ process }: Event) => ancestry(process).some(({ pid }) => pid === rootPid);
  const events = all.filter(isOurs);
  const execs = events.filter(({ type }) => type === EventType.EXEC).map(({ process }) => process);
  const exits = events.filter(({ type }) => type === EventType.EXIT).map(({ process }) => process);
  for (const list of [execs, exits])
    assert.equal(new Set(list.map(({ execId }) => execId)).size, list.length, "each once");
  const replaced = new Set(
    execs.flatMap(({ pid, parent }) => (parent?.pid === pid ? [parent.execId] : [])),
  );
  const ended = new Set(exits.map(({ execId }) => execId));
  for (const { execId, arguments: words, pid } of execs)
    assert.ok(ended.has(execId) || replaced.has(execId), `no end of ${pid} ${words}`);
  for (const { flags, pid, arguments: words } of execs)
    assert.doesNotMatch(flags, /unknown|miss/, `${pid} ${words}`);
  // One that ended after tracing began and before /proc was read is only a name, and says so.
  const unknown = exits.filter(({ flags }) => /unknown/.test(flags));
  assert.ok(unknown.length < mostUnknown, `${unknown.length} ends of unknown processes`);

  const children = execs.filter(({ binary }) => binary === nop);
  for (const { parent, arguments: words } of children) {
    const name = words.replace(/-.*/, "");
    if (name === "sub") assert.match(parent?.binary ?? "", /sh$/);
    // Who exec'd twice has its own former self as parent.
    else if (name === "thread") assert.ok(parent?.arguments.includes(words), parent?.arguments);
    else assert.equal(parent?.binary, swarm, words);
  }
  for (const name of ["sub-", "thread-"]) {
    const count = totals.get(name);
    assert.ok(count !== undefined);
    sameAsStarted(children, name, count);
  }
  const swarms = new Map<Process | undefined, Process[]>();
  for (const child of children.filter(({ parent }) => parent?.binary === swarm))
    swarms.set(child.parent, [...(swarms.get(child.parent) ?? []), child]);
  for (const those of swarms.values()) sameAsStarted(those, "", swarmSize);
  return exits.length;
}

/** From the first one on whose fork was seen: those before may have come and gone. */
function sameAsStarted(children: readonly Process[], prefix: string, count: number) {
  const ours = children.filter(({ arguments: words }) => new RegExp(`^${prefix}\\d+$`).test(words));
  const numberOf = ({ arguments: words }: Process) => Number(words.slice(prefix.length));
  const first = Math.min(count, ...ours.filter(sawFork).map(numberOf));
  const numbers = ours.map(numberOf).filter((number) => number >= first);
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: count - first }, (_, i) => first + i),
    `${prefix}N, from ${first}`,
  );
}

/** The kernel's flag of the first exec after a fork that was traced. */
function sawFork(process: Process): boolean {
  let first = process;
  while (first.parent?.pid === first.pid) first = first.parent;
  return first.flags.includes("clone");
}

function ancestry(process: Process): Process[] {
  const chain: Process[] = [];
  for (let next: Process | undefined = process; next; next = next.parent) chain.push(next);
  return chain;
}
