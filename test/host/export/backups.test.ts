import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Backups } from "../../../host/export/backups.js";
import { realFiles } from "../../../host/export/files.js";
import { temporaryFolder } from "../../support/daemon.js";

const atMs = Date.parse("2026-02-28T23:59:59.999Z");

test("a rotated file is named after its file and the time in UTC", () => {
  const files = { ...realFiles, list: () => [] };
  const nameOf = (file: string) => new Backups(file, files).nextPath(atMs);
  const stamp = "2026-02-28T23-59-59.999";
  assert.equal(nameOf("/var/log/events.json"), `/var/log/events-${stamp}.json`);
  assert.equal(nameOf("/var/log/events"), `/var/log/events-${stamp}`);
  assert.equal(nameOf("/var/log/a.b.json"), `/var/log/a.b-${stamp}.json`);
  assert.equal(nameOf("events.json"), `events-${stamp}.json`);
  assert.equal(nameOf("/.events"), `/.events-${stamp}`);
});

test("a name that is taken is not given again, compressed or not, nor by a clock set back", () => {
  const names = ["x-2026-02-28T23-59-59.999.json.gz", "x-2026-03-01T00-00-00.000.json"];
  const backups = new Backups("x.json", { ...realFiles, list: () => names });
  assert.equal(backups.nextPath(atMs), "x-2026-03-01T00-00-00.001.json");
  assert.equal(backups.nextPath(atMs - 1_000_000), "x-2026-03-01T00-00-00.002.json");
});

test("the oldest beyond the limit are removed, and nothing that is not ours", (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "x.json");
  const others = [
    "x.json",
    "x-.json",
    "x-old.json",
    "x-2026-02-30T00-00-00.000.json",
    "x-2026-01-01T00-00-00.000.json.bak",
    "x-2026-01-01T00-00-00.json",
    "xy-2026-01-01T00-00-00.000.json",
    "x-2026-01-01T00-00-00.000",
    "x-y-2026-01-01T00-00-00.000.json",
    "x.json.1",
  ];
  const ours = [
    "x-2025-12-31T23-59-59.999.json.gz",
    "x-2026-01-01T00-00-00.000.json",
    "x-2026-01-01T00-00-00.001.json",
    "x-2026-01-01T00-00-00.001.json.gz",
    "x-2026-01-02T00-00-00.000.json",
  ];
  for (const name of [...others, ...ours]) writeFileSync(join(folder, name), "");
  const backups = new Backups(file, realFiles);
  assert.deepEqual(
    backups.list().map(({ path }) => path),
    ours.map((name) => join(folder, name)),
  );
  const left = () => readdirSync(folder).filter((name) => !others.includes(name));
  backups.prune(0);
  assert.equal(left().length, 5, "0 keeps all");
  backups.prune(4);
  assert.equal(left().length, 5, "one rotated file under both of its names counts once");
  backups.prune(2);
  assert.deepEqual(left().sort(), ours.slice(2));
  backups.prune(1);
  assert.deepEqual(left(), ours.slice(4));
  assert.equal(readdirSync(folder).length, others.length + 1);
});
