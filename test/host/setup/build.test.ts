import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { loadSetup } from "./load.js";

interface Notes {
  same(part: string, hash: string): boolean;
  set(part: string, hash: string): void;
}

const { BuildNotes, fileHash, filesUnder } = await loadSetup<{
  BuildNotes: new (file: string) => Notes;
  fileHash(files: readonly string[], extra?: readonly unknown[], base?: string): string;
  filesUnder(folder: string, pattern: RegExp, base?: string): string[];
}>("inputs.mjs");
const { pruneStaleOutput } = await loadSetup<{
  pruneStaleOutput(dist: string, sources: string): string[];
}>("stale.mjs");
const { findCSources } = await loadSetup<{
  findCSources(options: { tests: boolean }): { source: string; output: string; args: string[] }[];
}>("compileC.mjs");

const folder = mkdtempSync(path.join(os.tmpdir(), "build-"));
after(() => rmSync(folder, { recursive: true }));

function write(file: string, content = ""): void {
  const place = path.join(folder, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, content);
}

test("the hash of inputs changes with content, name, order of bytes between files, and options", () => {
  write("in/a", "ab");
  write("in/b", "c");
  const hash = (extra: unknown[] = []) => fileHash(filesUnder("in", /./, folder), extra, folder);
  const before = hash();
  assert.equal(hash(), before);
  assert.notEqual(hash(["-O2"]), before);
  write("in/a", "a");
  write("in/b", "bc");
  assert.notEqual(hash(), before);
  write("in/a", "ab");
  write("in/b", "c");
  assert.equal(hash(), before);
  write("in/c");
  assert.notEqual(hash(), before);
});

test("files are found in folders below, sorted, and never in node_modules", () => {
  write("tree/z.ts");
  write("tree/m/a.ts");
  write("tree/m/a.js");
  write("tree/node_modules/b.ts");
  assert.deepEqual(filesUnder("tree", /\.ts$/, folder), ["tree/m/a.ts", "tree/z.ts"]);
  assert.deepEqual(filesUnder("none", /./, folder), []);
});

test("what was built is remembered by the next build, and forgotten when the notes are damaged", () => {
  const file = path.join(folder, "notes/build.json");
  new BuildNotes(file).set("codecs", "1");
  assert.ok(new BuildNotes(file).same("codecs", "1"));
  assert.ok(!new BuildNotes(file).same("codecs", "2"));
  writeFileSync(file, "{");
  assert.ok(!new BuildNotes(file).same("codecs", "1"));
});

test("compiled files go with their source, and nothing else does", () => {
  write("host/kept.ts");
  for (const name of ["host/kept", "host/gone"]) {
    for (const ending of [".js", ".js.map", ".d.ts"]) write(`dist/${name}${ending}`);
  }
  write("dist/proto/generated/api.js");
  write("dist/host/tool");
  assert.deepEqual(pruneStaleOutput(path.join(folder, "dist"), folder), ["host/gone"]);
  for (const file of ["host/kept.js", "host/kept.d.ts", "proto/generated/api.js", "host/tool"]) {
    assert.ok(existsSync(path.join(folder, "dist", file)), file);
  }
  for (const file of ["host/gone.js", "host/gone.js.map", "host/gone.d.ts"]) {
    assert.ok(!existsSync(path.join(folder, "dist", file)), file);
  }
});

test("C sources become eBPF objects or static programs by the folder they are in", () => {
  const all = findCSources({ tests: true });
  const object = all.find(({ source }) => source === "test/guest/programs/attach.bpf.c");
  assert.equal(object?.output, "dist/test/guest/programs/attach.bpf.o");
  assert.ok(object?.args.includes("bpf"));
  const program = all.find(({ source }) => source === "test/guest/workloads/forks.c");
  assert.equal(program?.output, "dist/test/guest/workloads/forks");
  assert.ok(program?.args.includes("-static"));
  assert.ok(!findCSources({ tests: false }).some(({ source }) => source.startsWith("test/")));
});
