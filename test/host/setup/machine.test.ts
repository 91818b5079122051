import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { loadSetup } from "./load.js";

const { checkMachine, readDistribution } = await loadSetup<{
  checkMachine(platform?: string, arch?: string, version?: string): Promise<void>;
  readDistribution(file?: string): { id: string; version: string; name: string };
}>("machine.mjs");

test("this machine, which runs the tests, is good enough", async () => {
  await checkMachine();
});

test("an old Node is told that it is too old, and which would do", async () => {
  await assert.rejects(
    checkMachine("linux", "x64", "18.20.4"),
    /needs Node 20 or newer; this is Node 18\.20\.4/,
  );
  await checkMachine("linux", "x64", "20.0.0");
  await checkMachine("linux", "arm64", "24.1.0");
});

test("another system or processor is refused by name", async () => {
  await assert.rejects(
    checkMachine("darwin", "arm64", "22.0.0"),
    /runs on Linux only; this is darwin/,
  );
  await assert.rejects(
    checkMachine("linux", "riscv64", "22.0.0"),
    /x64 and arm64 processors; this Node is built for riscv64/,
  );
  await assert.rejects(checkMachine("linux", "constructor", "22.0.0"), /constructor/);
});

test("the distribution is read with and without quotes, and may be unknown", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "os-release-"));
  try {
    const file = path.join(folder, "os-release");
    writeFileSync(
      file,
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    );
    const debian = { id: "debian", version: "12", name: "Debian GNU/Linux 12 (bookworm)" };
    assert.deepEqual(readDistribution(file), debian);
    writeFileSync(file, "NAME='Other'\nID='other'\nID_LIKE=debian\n");
    assert.deepEqual(readDistribution(file), { id: "other", version: "", name: "" });
    const nothing = { id: "", version: "", name: "" };
    assert.deepEqual(readDistribution(path.join(folder, "none")), nothing);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
