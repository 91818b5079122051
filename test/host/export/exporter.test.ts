/** The export with its thread, as the daemon has it. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { ExportConfig } from "../../../host/export/config.js";
import { Exporter } from "../../../host/export/exporter.js";
import type { Logger } from "../../../host/log.js";
import type { Frames } from "../../../host/pipeline/port.js";
import { temporaryFolder } from "../../support/daemon.js";
import { until } from "../api/harness.js";
import { configOf, job, linesIn, range, sequencesByFile, sequencesIn } from "./harness.js";

interface Said {
  readonly level: string;
  readonly text: string;
  readonly details: Readonly<Record<string, number>>;
}

async function startExporter(t: TestContext, file: string, more: Partial<ExportConfig> = {}) {
  const said: Said[] = [];
  const say = (level: string) => (first: object | string, second?: string) => {
    const text = second ?? String(first);
    said.push({ level, text, details: typeof first === "object" ? { ...first } : {} });
  };
  const log = { info: say("info"), warn: say("warn"), error: say("error") } as unknown as Logger;
  const config = configOf(file, more);
  const exporter = await Exporter.start({ config, nodeName: "node", log });
  t.after(() => exporter.close());
  return { exporter, said };
}

function framesOf(first: number, count: number, lostRing = 0): Frames {
  return { bytes: job(first, count).bytes, count, lostRing };
}

/** Nothing is in two counts, and nothing in none. */
function total({ status }: Exporter): number {
  const { written, queued, lostQueueFull, lostWriteFailed, rateLimited } = status;
  return written + queued + lostQueueFull + lostWriteFailed + rateLimited;
}

test("closing writes everything that waits, and takes nothing more", async (t) => {
  const folder = temporaryFolder(t);
  const { exporter } = await startExporter(t, join(folder, "events.json"), {
    maxFileBytes: 50_000,
  });
  for (let first = 1; first <= 20_000; first += 100) exporter.frames(framesOf(first, 100));
  assert.equal(total(exporter), 20_000);
  await exporter.close();
  exporter.frames(framesOf(20_001, 5));
  assert.deepEqual(sequencesByFile(folder).flat(), range(1, 20_000));
  const { written, queued, lostQueueFull, rotations } = exporter.status;
  assert.deepEqual([written, queued, lostQueueFull], [20_000, 0, 5]);
  assert.equal(rotations, sequencesByFile(folder).length - 1);
  assert.ok(rotations > 10);
});

test("the frames of other streams are left as they are", async (t) => {
  const { exporter } = await startExporter(t, join(temporaryFolder(t), "events.json"));
  const frames = framesOf(1, 3);
  const before = Buffer.from(frames.bytes);
  exporter.frames(frames);
  await exporter.close();
  assert.deepEqual(Buffer.from(frames.bytes), before);
});

test("a full queue loses the newest, counts them, and the next event says so", async (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const queue = { events: 10, bytes: 1 << 20 };
  const { exporter, said } = await startExporter(t, file, { queue });
  // In one turn of this thread: what the other one has written meanwhile is not asked for.
  const counts = [exporter.status.written];
  exporter.frames(framesOf(1, 8));
  exporter.frames(framesOf(9, 8, 3));
  counts.push(exporter.status.lostQueueFull);
  await until(() => exporter.status.queued === 0);
  exporter.frames(framesOf(100, 1));
  await exporter.close();
  const { written, lostQueueFull, lostWriteFailed } = exporter.status;
  assert.equal(written + lostQueueFull, 17);
  assert.equal(lostWriteFailed, 0);
  const taken = written - 1;
  assert.deepEqual(sequencesIn(file), [...range(1, taken), 100]);
  const lines = linesIn(file);
  assert.deepEqual(lines.at(8)?.lost, { ring: "3" });
  if (lostQueueFull > 0) {
    assert.deepEqual(lines.at(-1)?.lost, { slow_client: String(lostQueueFull) });
    assert.equal(said.find(({ level }) => level === "warn")?.details.queueFull, lostQueueFull);
  }
});

test("while nothing can be written, what does not fit is counted as such, and status and log say why", async (t) => {
  const folder = join(temporaryFolder(t), "log");
  mkdirSync(folder);
  const file = join(folder, "events.json");
  const queue = { events: 100, bytes: 1 << 20 };
  const { exporter, said } = await startExporter(t, file, { queue });
  rmSync(folder, { recursive: true });
  exporter.frames(framesOf(1, 50));
  await until(() => exporter.status.failure !== "");
  assert.match(exporter.status.failure, /ENOENT.*events\.json/);
  exporter.frames(framesOf(51, 80));
  const { queued, lostWriteFailed, lostQueueFull, written } = exporter.status;
  assert.deepEqual([queued, lostWriteFailed, lostQueueFull, written], [100, 30, 0, 0]);
  mkdirSync(folder);
  await until(() => exporter.status.failure === "" && exporter.status.queued === 0);
  exporter.frames(framesOf(200, 1));
  await exporter.close();
  assert.deepEqual(sequencesIn(file), [...range(1, 100), 200]);
  assert.deepEqual(linesIn(file).at(-1)?.lost, { slow_client: "30" });
  assert.deepEqual(
    said.map(({ level }) => level),
    ["error", "info", "warn"],
  );
  assert.equal(said[2]?.details.writeFailed, 30);
});

test("a file that logrotate has renamed is found without being told, and at once when told", async (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { exporter } = await startExporter(t, file);
  exporter.frames(framesOf(1, 2));
  await until(() => exporter.status.written === 2);
  renameSync(file, `${file}.1`);
  exporter.frames(framesOf(3, 2));
  await until(() => exporter.status.written === 4);
  renameSync(file, `${file}.2`);
  exporter.reopen();
  exporter.frames(framesOf(5, 2));
  await exporter.close();
  assert.deepEqual([`${file}.1`, `${file}.2`, file].map(sequencesIn), [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("rotated files are compressed and removed while events flow, and all that is left is whole", async (t) => {
  const folder = temporaryFolder(t);
  const { exporter, said } = await startExporter(t, join(folder, "events.json"), {
    maxFileBytes: 200_000,
    maxBackups: 3,
    compress: true,
  });
  for (let first = 1; first <= 10_000; first += 50) {
    exporter.frames(framesOf(first, 50));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => exporter.status.queued === 0);
  const isTidy = (names: string[]) => names.length === 4 && names.filter(isCompressed).length === 3;
  const isCompressed = (name: string) => name.endsWith(".gz");
  await until(() => isTidy(readdirSync(folder)));
  await exporter.close();
  const left = sequencesByFile(folder).flat();
  assert.deepEqual(left, range(left[0] as number, 10_000));
  assert.equal(exporter.status.written, 10_000);
  assert.deepEqual(said, []);
});

test("a file that cannot be opened is refused in one sentence", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  for (const file of [folder, join(folder, "none/x.json"), join(folder, "file/x.json")])
    await assert.rejects(startExporter(t, file), {
      name: "GuidestarError",
      message: /^cannot export to .*: E\w+.*; --export-filename takes a file in a directory/,
    });
});

test("a thread that fails is replaced, and what waited with it is counted", async (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { exporter, said } = await startExporter(t, file);
  const emit = t.mock.method(Worker.prototype, "postMessage");
  exporter.frames(framesOf(1, 5));
  await until(() => exporter.status.written === 5);
  const thread = emit.mock.calls[0]?.this as Worker;
  await thread.terminate();
  await until(() => exporter.status.failure !== "");
  exporter.frames(framesOf(6, 5));
  assert.equal(exporter.status.lostWriteFailed, 5);
  await until(() => exporter.status.failure === "");
  exporter.frames(framesOf(11, 5));
  await exporter.close();
  assert.deepEqual(sequencesIn(file), [...range(1, 5), ...range(11, 15)]);
  assert.equal(total(exporter), 15);
  assert.match(said[0]?.text ?? "", /the export's thread failed/);
});
