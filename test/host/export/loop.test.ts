import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { jsonWriter } from "../../../host/json/protojson.js";
import { temporaryFolder } from "../../support/daemon.js";
import {
  configOf,
  events,
  job,
  linesIn,
  range,
  sequencesByFile,
  sequencesIn,
  startLoop,
} from "./harness.js";

/** About what an event of these tests takes in the file. */
const lineBytes = jsonWriter("fgs.GetEventsResponse")(events(1, 1)[0] as object).length + 1;

test("events become lines, the same that getevents prints", (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { loop, counters } = startLoop(configOf(file));
  loop.push(job(1, 3));
  loop.close();
  const write = jsonWriter("fgs.GetEventsResponse");
  const expected = events(1, 3).map((event) => `${write(event)}\n`);
  assert.equal(readFileSync(file, "utf8"), expected.join(""));
  assert.equal(counters.get("written"), 3);
  assert.equal(counters.get("writtenBytes"), expected.join("").length);
  assert.equal(counters.get("doneEvents"), 3);
});

test("the first event behind a loss says what was lost", (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { loop } = startLoop(configOf(file));
  loop.push(job(1, 1));
  loop.push(job(5, 2, { ring: 1, slowClient: 2, aggregation: 3 }));
  loop.close();
  assert.deepEqual(
    linesIn(file).map(({ lost }) => lost),
    [undefined, { ring: "1", slow_client: "2", aggregation: "3" }, undefined],
  );
});

test("an event that cannot be decoded is counted, and the next one says so", (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { loop, counters, told } = startLoop(configOf(file));
  const { bytes } = job(1, 3);
  bytes.fill(0xff, 5, 20);
  loop.push({ bytes, count: 3, loss: undefined });
  loop.close();
  assert.deepEqual(sequencesIn(file), [2, 3]);
  assert.deepEqual(linesIn(file)[0]?.lost, { slow_client: "1" });
  assert.deepEqual([counters.get("failed"), counters.get("doneEvents")], [1, 3]);
  assert.equal(told.length, 1);
});

test("frames that end too early are counted", (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const { loop, counters, failures } = startLoop(configOf(file));
  const { bytes } = job(1, 3);
  loop.push({ bytes: bytes.subarray(0, bytes.length - 10), count: 3, loss: undefined });
  loop.push({ bytes: bytes.subarray(0, 2), count: 1, loss: undefined });
  loop.push(job(4, 1));
  loop.close();
  assert.deepEqual(sequencesIn(file), [1, 2, 4]);
  assert.deepEqual([counters.get("failed"), counters.get("doneEvents")], [2, 5]);
  assert.deepEqual(failures, []);
});

describe("the file", () => {
  test("is made for its owner only, or as the mode says, whatever the umask", (t) => {
    const folder = temporaryFolder(t);
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    for (const mode of [0o600, 0o644, 0o640]) {
      const file = join(folder, mode.toString(8));
      const { loop } = startLoop(configOf(file, { mode }));
      loop.open();
      loop.close();
      assert.equal(statSync(file).mode & 0o777, mode);
    }
  });

  test("keeps what was in it, and its mode", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const first = startLoop(configOf(file));
    first.loop.push(job(1, 2));
    first.loop.close();
    chmodSync(file, 0o640);
    const second = startLoop(configOf(file));
    second.loop.push(job(3, 2));
    second.loop.close();
    assert.deepEqual(sequencesIn(file), [1, 2, 3, 4]);
    assert.equal(statSync(file).mode & 0o777, 0o640);
  });

  test("is begun on a new line if a killed daemon left half of one", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const first = startLoop(configOf(file));
    first.loop.push(job(1, 2));
    first.loop.close();
    truncateSync(file, 2 * lineBytes - 30);
    const { loop } = startLoop(configOf(file));
    loop.push(job(3, 2));
    loop.close();
    const [one, half, ...rest] = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.equal(JSON.parse(one as string).sequence, "1");
    assert.throws(() => JSON.parse(half as string));
    assert.deepEqual(
      rest.map((line) => JSON.parse(line).sequence),
      ["3", "4"],
    );
  });

  test("that is a directory, or is in none, is refused when it is opened", (t) => {
    const folder = temporaryFolder(t);
    assert.throws(() => startLoop(configOf(folder)).loop.open(), /EISDIR/);
    assert.throws(() => startLoop(configOf(join(folder, "no/x.json"))).loop.open(), /ENOENT/);
    assert.throws(() => startLoop(configOf("/dev/null")).loop.open(), /is no regular file/);
  });
});

describe("rotation", () => {
  test("comes before a file would grow too large, never within a line", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const { loop, clock, counters } = startLoop(
      configOf(file, { maxFileBytes: 3 * lineBytes + 9 }),
    );
    for (let first = 1; first <= 20; first += 4) {
      loop.push(job(first, 4));
      clock.nowMs += 1;
    }
    loop.close();
    assert.deepEqual(
      sequencesByFile(folder).map((sequences) => sequences.length),
      [3, 3, 3, 3, 3, 3, 2],
    );
    assert.deepEqual(sequencesByFile(folder).flat(), range(1, 20));
    assert.equal(counters.get("rotations"), 6);
    for (const name of readdirSync(folder))
      assert.match(name, /^events(-2026-01-31T12-00-00\.\d{3})?\.json$/);
  });

  test("gives every file a name of its own, in order, though the clock stands or goes back", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const { loop, clock } = startLoop(configOf(file, { maxFileBytes: lineBytes }));
    loop.push(job(1, 10));
    clock.wallAheadMs = -3_600_000;
    loop.push(job(11, 10));
    loop.close();
    const later = startLoop(configOf(file, { maxFileBytes: lineBytes }), clock);
    later.loop.push(job(21, 10));
    later.loop.close();
    assert.deepEqual(
      sequencesByFile(folder),
      range(1, 30).map((sequence) => [sequence]),
    );
  });

  test("gives a line that is longer than a file one to itself", (t) => {
    const folder = temporaryFolder(t);
    const { loop } = startLoop(configOf(join(folder, "events.json"), { maxFileBytes: 10 }));
    loop.push(job(1, 3));
    loop.close();
    assert.deepEqual(sequencesByFile(folder), [[1], [2], [3]]);
  });

  test("by age comes without events too, but never leaves an empty file", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const { loop, clock } = startLoop(configOf(file, { rotationIntervalMs: 60_000 }));
    loop.open();
    clock.nowMs += 60_000;
    loop.tick();
    assert.deepEqual(readdirSync(folder), ["events.json"]);
    loop.push(job(1, 2));
    clock.nowMs += 59_999;
    loop.tick();
    assert.equal(readdirSync(folder).length, 1);
    clock.nowMs += 1;
    loop.tick();
    assert.deepEqual(sequencesByFile(folder), [[1, 2]]);
    loop.push(job(3, 1));
    clock.nowMs += 60_000;
    loop.push(job(4, 1));
    loop.close();
    assert.deepEqual(sequencesByFile(folder), [[1, 2], [3], [4]]);
  });

  test("that fails is told, the file grows on, and it is tried again later", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const maxFileBytes = 2 * lineBytes + 9;
    const { loop, troubles, clock, told, failures } = startLoop(configOf(file, { maxFileBytes }));
    troubles.failing.set("rename", "EACCES");
    loop.push(job(1, 5));
    loop.push(job(6, 5));
    assert.deepEqual(sequencesByFile(folder), [range(1, 10)]);
    assert.equal(told.length, 1);
    assert.deepEqual(failures, []);
    troubles.failing.clear();
    clock.nowMs += 30_000;
    loop.push(job(11, 1));
    loop.close();
    assert.deepEqual(sequencesByFile(folder), [range(1, 10), [11]]);
  });
});

describe("a full disk", () => {
  test("holds no half line; what waits is written, in order, when there is room again", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    for (let room = 0; room < 3 * lineBytes; room += 37) {
      rmSync(file, { force: true });
      const { loop, troubles, counters, failures } = startLoop(configOf(file));
      troubles.room = room;
      loop.push(job(1, 2));
      loop.push(job(3, 2));
      const fits = Math.floor(room / lineBytes);
      assert.deepEqual(sequencesIn(file), range(1, fits));
      assert.equal(counters.get("written"), fits);
      assert.equal(counters.get("failing"), 1);
      assert.deepEqual(failures, ["ENOSPC: made by the test"]);
      troubles.room = undefined;
      loop.tick();
      assert.deepEqual(sequencesIn(file), range(1, 4));
      assert.equal(counters.get("failing"), 0);
      assert.equal(failures.length, 2);
      loop.close();
    }
  });

  test("where half a line cannot be taken back, the next one begins on a new line", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop, troubles } = startLoop(configOf(file));
    troubles.room = lineBytes + 20;
    troubles.failing.set("truncate", "EIO");
    loop.push(job(1, 3));
    troubles.room = undefined;
    loop.tick();
    loop.close();
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.equal(lines[1]?.length, 20);
    lines.splice(1, 1);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).sequence),
      ["1", "2", "3"],
    );
  });

  test("at the end loses what waits, and counts it", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop, troubles, counters } = startLoop(configOf(file));
    troubles.room = 2 * lineBytes + 1;
    loop.push(job(1, 5));
    loop.push(job(6, 5));
    loop.close();
    assert.deepEqual(sequencesIn(file), [1, 2]);
    assert.deepEqual([counters.get("written"), counters.get("failed")], [2, 8]);
    assert.equal(counters.get("doneEvents"), 10);
  });
});

describe("a file that others touch", () => {
  test("and rename is made anew", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const { loop, failures } = startLoop(configOf(file));
    loop.push(job(1, 2));
    renameSync(file, `${file}.1`);
    loop.push(job(3, 2));
    loop.close();
    assert.deepEqual(
      [sequencesIn(`${file}.1`), sequencesIn(file)],
      [
        [1, 2],
        [3, 4],
      ],
    );
    assert.deepEqual(failures, []);
  });

  test("and replace by their own is taken as it is", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop } = startLoop(configOf(file));
    loop.push(job(1, 2));
    renameSync(file, `${file}.1`);
    writeFileSync(file, "", { mode: 0o644 });
    loop.push(job(3, 2));
    loop.close();
    assert.deepEqual(sequencesIn(file), [3, 4]);
    assert.equal(statSync(file).mode & 0o777, 0o644);
  });

  test("and truncate after copying is written on from its beginning", (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "events.json");
    const { loop } = startLoop(configOf(file, { maxFileBytes: 2 * lineBytes + 9 }));
    loop.push(job(1, 2));
    truncateSync(file, 0);
    loop.push(job(3, 2));
    loop.close();
    assert.deepEqual(sequencesByFile(folder), [[3, 4]]);
  });

  test("and remove with its directory is made anew when the directory is back; nothing that came is lost", (t) => {
    const folder = join(temporaryFolder(t), "log");
    mkdirSync(folder);
    const file = join(folder, "events.json");
    const { loop, failures, counters } = startLoop(configOf(file));
    loop.push(job(1, 2));
    rmSync(folder, { recursive: true });
    loop.push(job(3, 2));
    loop.tick();
    loop.push(job(5, 2));
    loop.tick();
    assert.equal(failures.length, 1);
    assert.match(failures[0] as string, /ENOENT/);
    mkdirSync(folder);
    loop.tick();
    assert.equal(failures.length, 2);
    loop.close();
    assert.deepEqual(sequencesIn(file), [3, 4, 5, 6]);
    assert.equal(counters.get("written"), 6);
  });

  test("is made anew at once when it is to be reopened", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop } = startLoop(configOf(file));
    loop.push(job(1, 1));
    renameSync(file, `${file}.1`);
    loop.reopen();
    assert.ok(existsSync(file));
    loop.close();
  });

  test("that cannot be reopened is told once, until it can", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop, troubles, failures } = startLoop(configOf(file));
    loop.open();
    troubles.failing.set("create", "EMFILE").set("openExisting", "EMFILE");
    loop.reopen();
    for (let i = 0; i < 5; i++) loop.tick();
    assert.equal(failures.length, 1);
    troubles.failing.clear();
    loop.tick();
    assert.deepEqual(failures.slice(1), [undefined]);
    loop.close();
  });
});

describe("a rate limit", () => {
  test("lets so many through at once, so many a minute, and tells each minute what it dropped", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop, clock, counters } = startLoop(configOf(file, { ratePerMinute: 6 }));
    loop.push(job(1, 10));
    clock.nowMs += 10_000;
    loop.push(job(11, 2));
    clock.nowMs += 50_000;
    loop.tick();
    loop.push(job(13, 1));
    loop.close();
    const lines = linesIn(file);
    assert.deepEqual(
      lines.map(({ sequence }) => sequence),
      ["1", "2", "3", "4", "5", "6", "11", undefined, "13"],
    );
    assert.equal(
      JSON.stringify(lines[7]),
      '{"rate_limit_info":{"number_of_dropped_process_events":5},"node_name":"node","time":"2026-01-31T12:01:00Z"}',
    );
    assert.deepEqual([counters.get("written"), counters.get("rateLimited")], [8, 5]);
  });

  test("tells nothing in a minute in which it dropped nothing, and the rest at the end", (t) => {
    const file = join(temporaryFolder(t), "events.json");
    const { loop, clock } = startLoop(configOf(file, { ratePerMinute: 2 }));
    for (let minute = 0; minute < 3; minute++) {
      loop.push(job(2 * minute + 1, 2));
      clock.nowMs += 60_000;
      loop.tick();
    }
    loop.push(job(7, 5));
    loop.close();
    const lines = linesIn(file);
    assert.deepEqual(
      lines.map(({ sequence }) => sequence),
      [..."12345678", undefined],
    );
    assert.deepEqual(lines.at(-1)?.rate_limit_info, { number_of_dropped_process_events: 3 });
  });

  test("of none writes no event; a loss is told by the next event that is written", (t) => {
    const folder = temporaryFolder(t);
    const none = startLoop(configOf(join(folder, "none"), { ratePerMinute: 0 }));
    none.loop.push(job(1, 100));
    none.clock.nowMs += 60_000;
    none.loop.push(job(101, 100));
    none.loop.close();
    assert.equal(none.counters.get("rateLimited"), 200);
    assert.equal(linesIn(join(folder, "none")).length, 1);

    const one = startLoop(configOf(join(folder, "one"), { ratePerMinute: 1 }));
    one.loop.push(job(1, 1));
    one.loop.push(job(4, 1, { ring: 0, slowClient: 2, aggregation: 0 }));
    one.clock.nowMs += 60_000;
    one.loop.push(job(5, 1));
    one.loop.close();
    assert.deepEqual(linesIn(join(folder, "one"))[1]?.lost, { slow_client: "2" });
  });
});
