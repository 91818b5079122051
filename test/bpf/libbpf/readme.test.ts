import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as library from "../../../bpf/libbpf/index.js";
import { compile, sourceRoot } from "./support/programs.js";

const file = join(sourceRoot(), "bpf/libbpf/README.md");
const text = existsSync(file) ? readFileSync(file, "utf8") : "";
const skip = text === "" && "the README is not on this machine";

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(text)?.[1];
  assert.ok(found, `the README has no ${language} block`);
  return found;
}

test("the README's example compiles and runs", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "libbpf-ts-"));
  try {
    writeFileSync(join(folder, "syscalls.bpf.c"), block("c"));
    compile(join(folder, "syscalls.bpf.c"), join(folder, "syscalls.bpf.o"));
    const index = new URL("../../../bpf/libbpf/index.js", import.meta.url).href;
    writeFileSync(join(folder, "example.mjs"), block("ts").replace("libbpf-ts", index));
    const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.match(stdout, /^(system call \d+: \d+ times\n)+$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what the README names exists", { skip }, () => {
  const overview = text.slice(text.indexOf("## Overview"), text.indexOf("## An example"));
  const names = [...overview.matchAll(/`(?:new )?([A-Za-z]+)(?=[(.])/g)].map(([, name]) => name);
  const exported = new Set(Object.keys(library));
  const local = new Set(["object", "program", "map"]);
  const members = [library.BpfMap, library.RingBuffer, library.Btf, library.BpfObject].flatMap(
    (type) => [...Object.getOwnPropertyNames(type), ...Object.getOwnPropertyNames(type.prototype)],
  );
  for (const name of names) {
    assert.ok(
      name && (exported.has(name) || local.has(name) || members.includes(name)),
      `${name} is nowhere`,
    );
  }
  assert.ok(names.length >= 15);
});
