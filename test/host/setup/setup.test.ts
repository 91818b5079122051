/** The set-up as a program, on machines that lack something. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { root, setupFolder } from "./load.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "setup-"));
after(() => rmSync(folder, { recursive: true }));

/** A repository with nothing in it but the set-up and what the build cannot do without. */
function emptyRepository(): string {
  const repository = mkdtempSync(path.join(folder, "repository-"));
  cpSync(setupFolder, path.join(repository, "host/setup"), { recursive: true });
  const packages = { "": {} };
  writeFileSync(path.join(repository, "package-lock.json"), JSON.stringify({ packages }));
  mkdirSync(path.join(repository, "node_modules"));
  writeFileSync(
    path.join(repository, "node_modules/.package-lock.json"),
    JSON.stringify({ packages }),
  );
  symlinkSync(
    path.join(root, "node_modules/typescript"),
    path.join(repository, "node_modules/typescript"),
  );
  symlinkSync(
    path.join(root, "node_modules/@typescript"),
    path.join(repository, "node_modules/@typescript"),
  );
  writeFileSync(
    path.join(repository, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { outDir: "dist", rootDir: ".", sourceMap: true },
      include: ["host/**/*.ts"],
    }),
  );
  writeFileSync(path.join(repository, "host/index.ts"), "export const one: number = 1;\n");
  return repository;
}

function setUp(repository: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, ["host/setup/setup.mjs", ...args], {
    cwd: repository,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
}

test("an unknown purpose is refused with those that there are", () => {
  for (const args of [["rum"], ["run", "fast"], ["constructor"]]) {
    const { status, stderr } = setUp(root, args);
    assert.equal(status, 1);
    assert.equal(stderr, `Unknown set-up "${args.join(" ")}". Choose one: run, test-fast, test.\n`);
  }
});

test("the second build has nothing to do, and a changed source is built", () => {
  const repository = emptyRepository();
  const first = setUp(repository, ["run"]);
  assert.equal(first.status, 0, first.stderr + first.stdout);
  assert.match(first.stdout, /✓ TypeScript/);
  const second = setUp(repository, ["run"]);
  assert.match(second.stdout, /set-up: all there/);
  assert.doesNotMatch(second.stdout, /TypeScript/);
  writeFileSync(path.join(repository, "host/index.ts"), "export const one: number = 2;\n");
  assert.match(setUp(repository, ["run"]).stdout, /✓ TypeScript/);
  assert.match(readFileSync(path.join(repository, "dist/host/index.js"), "utf8"), /one = 2/);
});

test("a failed step shows the whole output, and is tried again next time", () => {
  const repository = emptyRepository();
  writeFileSync(path.join(repository, "host/index.ts"), 'export const one: number = "1";\n');
  for (let time = 0; time < 2; time++) {
    const { status, stdout, stderr } = setUp(repository, ["run"]);
    assert.equal(status, 1);
    assert.match(stdout, /✗ TypeScript/);
    assert.match(stderr, /host\/index\.ts.*TS2322/s);
    assert.match(stderr, /Failed \(exit code \d+\)/);
  }
});

test("an eBPF program that does not compile is told with clang's own words", () => {
  const repository = emptyRepository();
  mkdirSync(path.join(repository, "bpf/core"), { recursive: true });
  writeFileSync(
    path.join(repository, "bpf/core/bad.bpf.c"),
    "int f(void) { int unused; return 0; }\n",
  );
  const { status, stderr } = setUp(repository, ["run"]);
  assert.equal(status, 1);
  assert.match(stderr, /bad\.bpf\.c:1:19: error: unused variable 'unused'/);
});
