/**
 * The same workloads, seen by guidestar and by witnesses that share no code with it: execs by the
 * kernel's audit log, ends by its process accounting.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { toNumber } from "../../../host/api/numbers.js";
import { splitArguments } from "../../../host/events/arguments.js";
import { signalName } from "../../../host/events/signals.js";
import { nop, type SeenEvent } from "../../conformance/case.js";
import { cases } from "../../conformance/cases/index.js";
import { StageEvents } from "../../conformance/events.js";
import { Stage } from "../../conformance/stage.js";
import { startTestDaemon } from "../../support/daemon.js";
import { Accounting } from "./witness/accounting.js";
import { AuditLog } from "./witness/audit.js";
import { auditedExecs } from "./witness/auditExecs.js";
import { descendants } from "./witness/lineage.js";
import { waitFor } from "./witness/waitFor.js";

const workload = (name: string) =>
  fileURLToPath(new URL(`../../bpf/core/workloads/${name}`, import.meta.url));

/** Mixed, many at once, and the ugly ones. */
const crowds: readonly (readonly string[])[] = [
  [workload("swarm"), "1000", "32", nop],
  [workload("race"), "100", "30"],
  [workload("leaderexit")],
  ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (true | cat | wc -l) & done; wait"],
  ["/bin/sh", "-c", '/bin/true "a b" \'c"d\' "" ""; nosuchprogram; exit 3'],
  ["/bin/sh", "-c", "sleep 60 & kill -9 $!; sleep 60 & kill -11 $!; wait"],
];

test("execs and ends are those that the audit log and process accounting tell of", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "differential-"));
  chmodSync(folder, 0o755);
  const audit = await AuditLog.start(path.join(folder, "audit"));
  const accounting = new Accounting(path.join(folder, "accounting"));
  const stage = new Stage(folder);
  t.after(async () => {
    stage.close();
    accounting.close();
    await audit.close();
  });
  const seen = await watchAll(t, stage, folder);

  const ends = accounting.read();
  const ours = descendants(stage.pid, ends);
  const endsSeen = seen.filter(({ type }) => type === "exit");
  const endsTold = ends.filter(({ pid }) => ours.has(pid));
  assert.ok(endsTold.length > 1200, `${endsTold.length} ends`);
  sameSets(
    endsSeen.map(({ process }) => `${process.pid.value}`),
    endsTold.map(({ pid }) => `${pid}`),
  );
  // Of a leader that ends before its threads, accounting has the leader's own code: wait(2) does not.
  const leadersCode = 3 << 8;
  const early = new Set(endsTold.filter(({ code }) => code === leadersCode).map(({ pid }) => pid));
  sameSets(
    endsSeen
      .filter(({ process }) => !early.has(process.pid.value ?? 0))
      .map((event) => `${event.process.pid.value} ${codeOf(event)}`),
    endsTold.filter(({ pid }) => !early.has(pid)).map(({ pid, code }) => `${pid} ${code & 0xff7f}`),
  );

  const last = String(stage.pid);
  await waitFor("the last exec in the audit log", () => audit.text().includes(`a1="${last}"`));
  const execsTold = auditedExecs(audit.text()).filter(({ pid }) => ours.has(pid));
  const execsSeen = seen.filter(({ type }) => type === "exec").map(execOf);
  assert.ok(execsTold.length > 1000, `${execsTold.length} execs`);
  sameSets(
    execsSeen.map(({ pid, argv }) => JSON.stringify([pid, argv])),
    execsTold.map(({ pid, argv }) => JSON.stringify([pid, argv.slice(1)])),
  );
  const byDescriptor = execsTold.filter(({ binary }) => binary === undefined);
  assert.ok(byDescriptor.length < 20, `${byDescriptor.length} execs without a name in the log`);
  const named = execsTold.filter(({ binary }) => binary !== undefined);
  sameSets(
    execsSeen
      .filter(({ flags }) => !flags.includes("execveat"))
      .map(({ pid, binary }) => `${pid} ${binary}`),
    named.map(({ pid, binary }) => `${pid} ${binary}`),
  );
  assert.equal(audit.lost(), 0);
  t.diagnostic(
    `${execsTold.length} execs (${byDescriptor.length} by descriptor), ${endsTold.length} ends`,
  );
});

/** What guidestar tells of all workloads, under one stage. */
async function watchAll(
  t: Parameters<typeof startTestDaemon>[0],
  stage: Stage,
  folder: string,
): Promise<SeenEvent[]> {
  const { connect } = await startTestDaemon(t, { ancestors: true });
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const source = new StageEvents(stream, stage.pid);
  const seen: SeenEvent[] = [];
  const perform = async (command: readonly string[], cwd: string) => {
    const { markPid } = await stage.perform(command, cwd);
    const { events, mark } = await source.until(markPid);
    seen.push(...events, mark);
  };
  for (const [number, { run, cwd, prepare }] of cases.entries()) {
    const own = path.join(folder, String(number));
    mkdirSync(own);
    prepare?.(own);
    await perform(
      run.map((word) => word.replaceAll("@", own)),
      path.join(own, cwd ?? ""),
    );
  }
  for (const command of crowds) await perform(command, folder);
  await perform([nop, String(stage.pid)], folder);
  const { pipeline } = await client.node.getStatus();
  assert.equal(toNumber(pipeline?.lost_ring ?? -1), 0);
  return seen;
}

function execOf({ process }: SeenEvent) {
  return {
    pid: process.pid.value,
    binary: String(process.binary ?? ""),
    argv: splitArguments(String(process.arguments ?? "")),
    flags: String(process.flags ?? ""),
  };
}

const signalNames = Array.from({ length: 65 }, (_, number) => signalName(number));

/** As wait(2) tells it, less the core-dump bit. */
function codeOf({ status, signal }: SeenEvent): number {
  return signal === "" ? status << 8 : signalNames.indexOf(signal);
}

/** The same, each as often; the message names what only one side has. */
function sameSets(seen: readonly string[], told: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const each of seen) counts.set(each, (counts.get(each) ?? 0) + 1);
  for (const each of told) counts.set(each, (counts.get(each) ?? 0) - 1);
  const differing = [...counts].filter(([, count]) => count !== 0);
  assert.deepEqual(
    {
      onlySeen: differing.filter(([, count]) => count > 0),
      onlyTold: differing.filter(([, count]) => count < 0),
    },
    { onlySeen: [], onlyTold: [] },
  );
}
