import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Janitor, type JanitorOptions } from "../../../host/export/janitor.js";
import { temporaryFolder } from "../../support/daemon.js";

const stamp = (n: number) => `2026-01-01T00-00-00.${String(n).padStart(3, "0")}`;

function room(t: TestContext, options: Partial<JanitorOptions> = {}) {
  const folder = temporaryFolder(t);
  const troubles: string[] = [];
  const janitor = new Janitor({
    file: join(folder, "x.json"),
    maxBackups: 0,
    compress: true,
    onTrouble: ({ message }) => troubles.push(message),
    ...options,
  });
  const put = (name: string, text: string | Buffer = name) =>
    writeFileSync(join(folder, name), text);
  return { folder, janitor, troubles, put, names: () => readdirSync(folder).sort() };
}

test("rotated files are compressed with their mode, and the file that is written to is left alone", async (t) => {
  const { folder, janitor, put, names, troubles } = room(t);
  put("x.json");
  for (const n of [1, 2, 3]) put(`x-${stamp(n)}.json`, `${n}\n`.repeat(100_000));
  for (const n of [1, 2, 3]) chmodSync(join(folder, `x-${stamp(n)}.json`), 0o620 + n);
  janitor.tidy();
  await janitor.idle();
  assert.deepEqual(names(), [...[1, 2, 3].map((n) => `x-${stamp(n)}.json.gz`), "x.json"]);
  for (const n of [1, 2, 3]) {
    const file = join(folder, `x-${stamp(n)}.json.gz`);
    assert.equal(gunzipSync(readFileSync(file)).toString(), `${n}\n`.repeat(100_000));
    assert.equal(statSync(file).mode & 0o777, 0o620 + n);
  }
  assert.deepEqual(troubles, []);
});

test("what is rotated meanwhile is looked after too; the oldest beyond the limit go", async (t) => {
  const { janitor, put, names } = room(t, { maxBackups: 2 });
  for (let n = 1; n <= 20; n++) {
    put(`x-${stamp(n)}.json`);
    janitor.tidy();
    if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await janitor.idle();
  assert.deepEqual(names(), [`x-${stamp(19)}.json.gz`, `x-${stamp(20)}.json.gz`]);
});

test("what a killed daemon left half done is removed or done again", async (t) => {
  const { folder, janitor, put, names } = room(t);
  put(`x-${stamp(1)}.json`);
  put(`x-${stamp(1)}.json.gz.tmp`, "half");
  put(`x-${stamp(2)}.json`, "the same");
  put(`x-${stamp(2)}.json.gz`, "whole, as it was renamed");
  put("y.gz.tmp", "not ours");
  janitor.tidy();
  await janitor.idle();
  assert.deepEqual(names(), [`x-${stamp(1)}.json.gz`, `x-${stamp(2)}.json.gz`, "y.gz.tmp"]);
  const done = gunzipSync(readFileSync(join(folder, `x-${stamp(1)}.json.gz`)));
  assert.equal(done.toString(), `x-${stamp(1)}.json`);
  assert.equal(
    readFileSync(join(folder, `x-${stamp(2)}.json.gz`), "utf8"),
    "whole, as it was renamed",
  );
});

test("without compression files stay as they are", async (t) => {
  const { janitor, put, names } = room(t, { compress: false, maxBackups: 1 });
  for (const n of [1, 2]) put(`x-${stamp(n)}.json`);
  janitor.tidy();
  await janitor.idle();
  assert.deepEqual(names(), [`x-${stamp(2)}.json`]);
});

test("closing breaks off a compression and leaves no half-made file", async (t) => {
  const { janitor, put, names, troubles } = room(t);
  put(`x-${stamp(1)}.json`, Buffer.alloc(30 << 20, "some text that is compressed for a while\n"));
  janitor.tidy();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await janitor.close();
  assert.deepEqual(names(), [`x-${stamp(1)}.json`]);
  assert.deepEqual(troubles, []);
});

test("what it cannot do is told, nothing is removed, and it is tried after the next rotation", async (t) => {
  const { folder, put, names } = room(t);
  const troubles: string[] = [];
  put(`x-${stamp(1)}.json`);
  const file = join(folder, "x.json");
  const { realFiles } = await import("../../../host/export/files.js");
  let isBroken = true;
  const list = (path: string) => {
    if (isBroken) throw new Error("EIO: made by the test");
    return realFiles.list(path);
  };
  const janitor = new Janitor({
    ...{ file, maxBackups: 0, compress: true, files: { ...realFiles, list } },
    onTrouble: ({ message }) => troubles.push(message),
  });
  janitor.tidy();
  await janitor.idle();
  assert.deepEqual(troubles, ["EIO: made by the test"]);
  assert.deepEqual(names(), [`x-${stamp(1)}.json`]);
  isBroken = false;
  janitor.tidy();
  await janitor.idle();
  assert.deepEqual(names(), [`x-${stamp(1)}.json.gz`]);
});
