import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { readElfImage } from "../../../host/stacks/symbols/elfImage.js";
import { KernelSymbols, parseKallsyms } from "../../../host/stacks/symbols/kernelSymbols.js";
import { mappingAt, parseMaps } from "../../../host/stacks/symbols/mappings.js";
import { PerfMap, parsePerfMap } from "../../../host/stacks/symbols/perfMap.js";
import { SymbolTable } from "../../../host/stacks/symbols/symbolTable.js";
import { temporaryFolder } from "../../support/daemon.js";

test("an address is in the function that begins before it and does not end before it", () => {
  const table = new SymbolTable([
    { start: 200, size: 0, name: "open" },
    { start: 100, size: 10, name: "first" },
    { start: 100, size: 99, name: "alias" },
    { start: 300, size: 10, name: "last" },
  ]);
  const at = (address: number) => table.find(address)?.name;
  assert.deepEqual([99, 100, 109, 110, 199, 200, 299, 300, 309, 310].map(at), [
    undefined,
    "first",
    "first",
    undefined,
    undefined,
    "open",
    "open",
    "last",
    "last",
    undefined,
  ]);
});

test("functions of the kernel are found by exact address, modules and programs named", (t) => {
  const kallsyms = path.join(temporaryFolder(t), "kallsyms");
  const text = [
    "ffffffff81000000 T _stext",
    "ffffffff81000100 t do_it",
    "ffffffff81000200 D no_code",
    "ffffffffc0000000 t in_module\t[xfs]",
    "ffffffffc0010000 t bpf_prog_1_hook_entry\t[bpf]",
    "0000000000000000 T hidden",
  ].join("\n");
  writeFileSync(kallsyms, `${text}\n`);
  const symbols = new KernelSymbols(kallsyms);
  const start = -0x7f000000;
  const named = (address: number, isReturn = false) => {
    const { symbol, module, address: where } = symbols.frame(address, isReturn);
    return [symbol, module, where];
  };
  assert.deepEqual(named(start), ["_stext", "", start]);
  assert.deepEqual(named(start + 0x1ff), ["do_it", "", start + 0x100]);
  // A call that never returns may be the last thing of its function.
  assert.deepEqual(named(start + 0x100, true), ["_stext", "", start]);
  assert.deepEqual(named(-0x40000000 + 5), ["in_module", "xfs", -0x40000000]);
  assert.deepEqual(named(start - 1).slice(0, 2), ["", ""]);
  assert.equal(parseKallsyms(text).length, 4);
});

test("a kernel that hides its addresses names nothing", (t) => {
  const kallsyms = path.join(temporaryFolder(t), "kallsyms");
  writeFileSync(kallsyms, "0000000000000000 T _stext\n0000000000000000 T do_it\n");
  const symbols = new KernelSymbols(kallsyms);
  const [one, other] = [-0x7f000000, -0x7f000001].map((each) => symbols.frame(each, false));
  assert.equal(one?.symbol, "");
  assert.notEqual(one?.key, other?.key);
});

test("code that is mapped is told from data, and paths may have anything in them", () => {
  const mappings = parseMaps(
    [
      "00400000-00401000 r--p 00000000 fe:01 123    /bin/a b",
      "00401000-00500000 r-xp 00001000 fe:01 123    /bin/a b",
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 ",
      "7f0000002000-7f0000003000 r-xp 00000000 fe:01 9    /tmp/line\\012feed (deleted)",
      "7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0    [vdso]",
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]",
    ].join("\n"),
  );
  assert.deepEqual(
    mappings.map((each) => each.path),
    ["/bin/a b", "", "/tmp/line\nfeed (deleted)", "[vdso]"],
  );
  assert.equal(mappings[0]?.range, "00401000-00500000");
  assert.equal(mappingAt(mappings, 0x401000)?.offset, 0x1000);
  assert.equal(mappingAt(mappings, 0x500000), undefined);
  assert.equal(mappingAt(mappings, 0x400fff), undefined);
});

test("what a compiler wrote down last is there now", () => {
  const table = new SymbolTable(
    parsePerfMap("1000 100 old\nnonsense\n1000 80 LazyCompile:*new file.js:1\n0x2000 0x10 other\n"),
  );
  assert.equal(table.find(0x1010)?.name, "LazyCompile:*new file.js:1");
  assert.equal(table.find(0x1090), undefined);
  assert.equal(table.find(0x2001)?.name, "other");
});

test("a map of compiled code is read when it grew, and only if it is the process' own plain file", (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "perf-1.map");
  const uid = process.getuid?.() ?? 0;
  const map = new PerfMap(file, uid);
  assert.equal(map.refresh(), false);
  writeFileSync(file, "1000 10 one\n");
  assert.equal(map.refresh(), true);
  assert.equal(map.refresh(), false);
  writeFileSync(file, "1000 10 one\n2000 10 two\n");
  assert.equal(map.refresh(), true);
  assert.equal(map.find(0x2000)?.name, "two");
  const link = path.join(folder, "perf-2.map");
  symlinkSync(file, link);
  assert.equal(new PerfMap(link, uid).refresh(), false);
  if (uid !== 0) assert.equal(new PerfMap(file, uid + 1).refresh(), false);
});

test("what is no program, or a broken one, has no functions", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "guidestar-test-"));
  try {
    const file = path.join(folder, "x");
    for (const content of ["", "x".repeat(100), `\x7fELF\x02\x01${"\xff".repeat(200)}`]) {
      writeFileSync(file, content, "latin1");
      const fd = openSync(file, "r");
      const image = readElfImage(fd, "");
      closeSync(fd);
      assert.deepEqual([image.functions.size, image.buildId], [0, ""]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
