import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { GuidestarError } from "../../../host/errors.js";
import { Decoder } from "../../../host/events/decoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { Recorder } from "../../../host/source/recorder.js";
import { RecordingSource } from "../../../host/source/recording.js";
import type { RecordingHeader } from "../../../host/source/recordingFormat.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";
import type { RecordVisitor, Source } from "../../../host/source/source.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";

const folder = mkdtempSync(path.join(tmpdir(), "guidestar-recording-"));
after(() => rmSync(folder, { recursive: true }));

const layout = headerLayout();
const make = new RecordMaker(layout);
const procfs = make.flags("GS_FLAG_PROCFS");
const header: RecordingHeader = {
  layout,
  bootToWallNs: "1700000000000000000",
  nodeName: "n",
  kernel: "k",
  version: "v",
  recorded: "2026-01-01T00:00:00.000Z",
  scope: "all",
};

/** Hands out records that are there already; ends after the last. */
function listSource(records: readonly Buffer[]): Source {
  let next = 0;
  return {
    name: "list",
    layout,
    bootToWallNs: 0n,
    read(max: number, visit: RecordVisitor) {
      let count = 0;
      for (; count < max && next < records.length; count++) {
        const record = records[next++] as Buffer;
        const view = new DataView(record.buffer, record.byteOffset, record.length);
        visit(record, view, 0, record.length);
      }
      return count;
    },
    wait: async () => "ended",
    losses: () => ({ ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 }),
    close() {},
  };
}

const someRecords = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    make.exec(
      { "header.pid": i + 1, "header.time_ns": i * 1_000_000 },
      { binary: `/bin/${"x".repeat(i % 300)}` },
    ),
  );

async function record(name: string, records: readonly Buffer[]): Promise<string> {
  const file = path.join(folder, name);
  await new Recorder(listSource(records), file, header).run();
  return file;
}

async function playAll(spec: string): Promise<Buffer[]> {
  const source = await RecordingSource.open(parseRecordingSpec(spec));
  source.start();
  const records: Buffer[] = [];
  try {
    for (;;) {
      const read = source.read(100, (bytes, _view, offset, size) => {
        records.push(Buffer.from(bytes.subarray(offset, offset + size)));
      });
      if (read === 0 && (await source.wait(100)) === "ended") return records;
    }
  } finally {
    source.close();
  }
}

for (const name of ["plain.rec", "packed.rec.gz"])
  test(`what is recorded into ${name} is played byte for byte, in order`, async () => {
    const records = someRecords(20_000);
    const file = await record(name, records);
    assert.deepEqual(await playAll(`recording:${file}?speed=max`), records);
    assert.equal(readFileSync(file)[0] === 0x1f, name.endsWith(".gz"));
  });

test("a recording can be played several times", async () => {
  const file = await record("again.rec", someRecords(10));
  assert.equal((await playAll(`recording:${file}?speed=max&repeat=3`)).length, 30);
});

test("the recorded pace is kept", async () => {
  const file = await record("pace.rec", someRecords(101));
  const startMs = performance.now();
  await playAll(`recording:${file}`);
  const elapsedMs = performance.now() - startMs;
  assert.ok(elapsedMs >= 99, `100 ms of records took ${elapsedMs} ms`);
});

test("what was there before is played at once, however old it is", async () => {
  const hour = 3_600_000_000_000;
  const old = make.exec({ "header.pid": 1, "header.time_ns": 1, flags: procfs }, {});
  const first = make.exec({ "header.pid": 2, "header.time_ns": hour }, {});
  const found = make.make("gs_exec", "GS_RECORD_PROCESS", { "header.pid": 3, "header.time_ns": 5 });
  const last = make.exec({ "header.pid": 4, "header.time_ns": hour + 50_000_000 }, {});
  const file = await record("old.rec", [old, first, found, last]);
  const startMs = performance.now();
  assert.equal((await playAll(`recording:${file}`)).length, 4);
  const elapsedMs = performance.now() - startMs;
  assert.ok(elapsedMs >= 49 && elapsedMs < 30_000, `${elapsedMs} ms`);
});

test("what was looked up while recording is in the recording, before what names it", async () => {
  const parent = { "parent.pid": 50, "parent.key_ns": 500 };
  const records = [
    make.exec({ "header.pid": 60, "header.key_ns": 600, ...parent }, { binary: "/bin/child" }),
    make.fork({ "header.pid": 61, "header.key_ns": 610, "parent.pid": 70, "parent.key_ns": 700 }),
    make.exit({ "header.pid": 61, "header.key_ns": 610, "parent.pid": 70, "parent.key_ns": 700 }),
    make.exit({ "header.pid": 60, "header.key_ns": 600, ...parent }),
  ];
  const known = new Map([
    [50, "/bin/parent"],
    [61, "/bin/forked"],
  ]);
  let asked = 0;
  const lookUp = (pid: number, keyNs: bigint) => {
    asked++;
    const binary = known.get(pid);
    if (binary === undefined) return undefined;
    const strings = { binary, cwd: "/" };
    const found = make.exec({ "header.pid": pid, "header.key_ns": keyNs, flags: procfs }, strings);
    const type = layout.structs.gs_header?.fields.type?.offset ?? 0;
    found.writeUInt16LE(layout.enums.gs_record_type?.GS_RECORD_PROCESS ?? 0, type);
    return found;
  };
  const live = eventsOf(records, lookUp);
  assert.deepEqual(live, [
    ["/bin/child", "/bin/parent"],
    ["/bin/forked", undefined],
    ["/bin/child", "/bin/parent"],
  ]);
  const file = path.join(folder, "looked-up.rec");
  asked = 0;
  await new Recorder({ ...listSource(records), lookUp }, file, header).run();
  assert.ok(asked > 0);
  const played = await playAll(`recording:${file}?speed=max`);
  assert.equal(played.length, 6);
  assert.deepEqual(eventsOf(played), live);
});

/** Binary and parent's binary of each event. */
function eventsOf(
  records: readonly Buffer[],
  lookUp?: (pid: number, keyNs: bigint) => Uint8Array | undefined,
) {
  const cache = new ProcessCache(100);
  const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs: 0n, lookUp });
  return records.flatMap((record) => {
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    const event = decoder.decode(record, view, 0, record.length);
    return event ? [[event.process.binary, event.process.parent?.binary]] : [];
  });
}

test("a rate is kept over repeats", async () => {
  const file = await record("rate.rec", someRecords(50));
  const startMs = performance.now();
  await playAll(`recording:${file}?rate=1000&repeat=4`);
  const elapsedMs = performance.now() - startMs;
  assert.ok(elapsedMs >= 198, `200 records at 1,000 a second took ${elapsedMs} ms`);
});

test("nothing is played before the first stream is open", async () => {
  const file = await record("wait.rec", someRecords(3));
  const source = await RecordingSource.open(parseRecordingSpec(`recording:${file}?speed=max`));
  assert.equal(
    source.read(10, () => {}),
    0,
  );
  assert.equal(await source.wait(1), "timeout");
  source.start();
  assert.equal(
    source.read(10, () => {}),
    3,
  );
  source.close();
  assert.equal(await source.wait(1), "ended");
  source.close();
});

async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof GuidestarError, String(error));
    return error.message;
  }
  return assert.fail("was not refused");
}

test("a file that is no recording is refused in one sentence", async () => {
  const file = path.join(folder, "other");
  writeFileSync(file, "hello, world, this is some text\n");
  assert.match(await refusal(() => playAll(`recording:${file}`)), /is not a guidestar recording/);
  writeFileSync(file, "");
  assert.match(await refusal(() => playAll(`recording:${file}`)), /ends in its header/);
  writeFileSync(file, "guidestar recording 9\n{}\n");
  assert.match(await refusal(() => playAll(`recording:${file}`)), /format 9 is not known/);
  writeFileSync(file, "guidestar recording 1\n{}\n");
  assert.match(await refusal(() => playAll(`recording:${file}`)), /not a recording header/);
  assert.match(await refusal(() => playAll(`recording:${file}.no`)), /cannot read .*ENOENT/);
});

test("a damaged or cut recording plays up to the damage, then names the byte", async () => {
  const file = await record("cut.rec", someRecords(10));
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, -5));
  assert.match(
    await refusal(() => playAll(`recording:${file}?speed=max`)),
    /in the middle of a record/,
  );
  const damaged = Buffer.from(whole);
  const secondRecord =
    whole.indexOf(10, whole.indexOf(10) + 1) + 1 + (someRecords(1)[0]?.length ?? 0);
  damaged.writeUInt32LE(3, secondRecord);
  writeFileSync(file, damaged);
  assert.match(
    await refusal(() => playAll(`recording:${file}?speed=max`)),
    new RegExp(`damaged at byte ${secondRecord}: a record cannot have 3 bytes`),
  );
});

test("a wrong source option is refused by name", async () => {
  const why = (spec: string) => refusal(async () => parseRecordingSpec(spec));
  assert.match(await why("recording:"), /names no file/);
  assert.match(await why("recording:x?rat=1"), /has no option rat/);
  assert.match(await why("recording:x?rate=0"), /rate takes a number above 0, not 0/);
  assert.match(await why("recording:x?start=later"), /start is now or stream, not later/);
});
