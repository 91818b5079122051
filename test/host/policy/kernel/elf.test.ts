import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ElfError, readElf } from "../../../../host/policy/kernel/elf.js";
import { hook, problemsOf, resolve } from "../support.js";

const modules = new URL("../../../../../node_modules", import.meta.url).pathname;

/** A shared library that is always there: the one that is loaded to call libbpf. */
function library(): string {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const files = readdirSync(modules, { recursive: true, encoding: "utf8" });
  const found = files.find(
    (file) =>
      (file.endsWith(".node") && file.includes(`linux_${arch}`)) ||
      (file.endsWith(".node") && file.includes(`linux-${arch}`)),
  );
  return join(modules, found ?? assert.fail("no shared library found"));
}

const path = library();
const entry = "napi_register_module_v1";

test("a function is found at its offset in the file", () => {
  const elf = readElf(path, true);
  const offset = elf.offsetOf(entry) ?? assert.fail();
  assert.ok(offset > 64 && offset < elf.size);
  assert.equal(elf.offsetOf("no_such_function"), undefined);
  assert.equal(elf.offsetOfAddress(2 ** 50), undefined);
  const { target } = hook(`uprobes: [{path: ${path}, symbols: [${entry}]}]`);
  assert.deepEqual(target, { kind: "uprobe", path, offset, symbol: entry });
  const inside = hook(`uprobes: [{path: ${path}, symbols: ["${entry}+4"]}]`).target;
  assert.equal(inside.kind === "uprobe" && inside.offset, offset + 4);
});

test("what is wrong with a uprobe is told", () => {
  const refused = (fields: string) => problemsOf(() => resolve(`uprobes: [{${fields}}]`)).join();
  assert.match(
    refused(`path: ${path}, symbols: [napi_register_module]`),
    /has no function "napi_register_module" \(did you mean "napi_register_module_v1"/,
  );
  assert.match(
    refused("path: /no/such/file, symbols: [a]"),
    /"\/no\/such\/file": there is no such file/,
  );
  assert.match(refused("path: bin/sh, symbols: [a]"), /must be an absolute path/);
  assert.match(refused("path: /etc, symbols: [a]"), /it is no file|cannot be read/);
  assert.match(refused("path: /proc/self/status, offsets: [1]"), /it is no ELF file/);
  assert.match(refused(`path: ${path}`), /needs symbols, offsets or addrs/);
  assert.match(refused(`path: ${path}, offsets: [9007199254740991]`), /beyond the end of the file/);
  assert.match(refused(`path: ${path}, addrs: [9007199254740991]`), /is no address of code/);
});

test("a file that is broken anywhere is refused or read, within bounds", () => {
  const folder = mkdtempSync(join(tmpdir(), "elf-"));
  const copy = join(folder, "broken");
  try {
    const good = readFileSync(path);
    for (let at = 0; at < 64; at++) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(copy, bytes);
      tryRead(copy);
    }
    for (const length of [0, 10, 63, 64, 100, good.length >> 1, good.length - 1]) {
      writeFileSync(copy, good.subarray(0, length));
      tryRead(copy);
    }
    copyFileSync(path, copy);
    assert.ok(readElf(copy, true).offsetOf(entry));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function tryRead(file: string): void {
  try {
    readElf(file, true).offsetOf(entry);
  } catch (error) {
    assert.ok(error instanceof ElfError, String((error as Error).stack));
  }
}
