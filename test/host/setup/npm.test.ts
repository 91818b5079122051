import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { loadSetup, root } from "./load.js";

interface Entry {
  version: string;
  integrity?: string;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const { whyInstall } = await loadSetup<{ whyInstall(folder: string): string | undefined }>(
  "npm.mjs",
);
const folder = mkdtempSync(path.join(os.tmpdir(), "npm-"));
after(() => rmSync(folder, { recursive: true }));

const a: Entry = { version: "1.0.0", integrity: "sha512-a" };
const otherSystem: Entry = { version: "1.0.0", os: ["darwin"] };
const otherProcessor: Entry = { version: "1.0.0", os: ["linux"], cpu: ["!x64", "!arm64"] };

function project(wanted: Record<string, Entry>, found: Record<string, Entry> | undefined): void {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  const packages = { "": { version: "0" }, ...wanted };
  writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify({ packages }));
  if (found === undefined) return;
  for (const name of Object.keys(found)) mkdirSync(path.join(folder, name), { recursive: true });
  mkdirSync(path.join(folder, "node_modules"), { recursive: true });
  const file = path.join(folder, "node_modules/.package-lock.json");
  writeFileSync(file, JSON.stringify({ packages: found }));
}

test("nothing is installed when node_modules is what the lock file says", () => {
  project({ "node_modules/a": a }, { "node_modules/a": a });
  assert.equal(whyInstall(folder), undefined);
});

test("packages for other platforms need not be there", () => {
  const wanted = {
    "node_modules/a": a,
    "node_modules/b": otherSystem,
    "node_modules/c": otherProcessor,
  };
  project(wanted, { "node_modules/a": a });
  assert.equal(whyInstall(folder), undefined);
});

test("everything else is a reason to install, and is told", () => {
  project({ "node_modules/a": a }, undefined);
  assert.equal(whyInstall(folder), "npm ci");
  project({ "node_modules/a": a }, {});
  assert.match(whyInstall(folder) ?? "", /a is missing/);
  project({ "node_modules/a": a }, { "node_modules/a": { ...a, version: "2.0.0" } });
  assert.match(whyInstall(folder) ?? "", /a is not 1\.0\.0/);
  project({ "node_modules/a": a }, { "node_modules/a": { ...a, integrity: "sha512-b" } });
  assert.match(whyInstall(folder) ?? "", /a is not 1\.0\.0/);
  project({ "node_modules/a": a }, { "node_modules/a": a, "node_modules/b": a });
  assert.match(whyInstall(folder) ?? "", /b is not in package-lock\.json/);
  project({ "node_modules/a": a }, { "node_modules/a": a });
  rmSync(path.join(folder, "node_modules/a"), { recursive: true });
  assert.match(whyInstall(folder) ?? "", /a is gone/);
});

test("the lock file names every platform's package, without which npm ci refuses it", () => {
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Entry>;
  };
  for (const [name, entry] of Object.entries(lock.packages)) {
    for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
      const there = [`${name}/node_modules/${optional}`, `node_modules/${optional}`];
      assert.ok(
        there.some((place) => place in lock.packages),
        `${name} wants ${optional}`,
      );
    }
  }
});

test("the lock file names no registry", () => {
  const text = readFileSync(path.join(root, "package-lock.json"), "utf8");
  assert.ok(!text.includes('"resolved"'));
});
