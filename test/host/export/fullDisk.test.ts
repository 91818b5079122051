/** On a disk that is really full: a tmpfs of 64 KiB, mounted where only one process sees it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../support/daemon.js";
import type { FullDiskReport } from "./fullDisk.js";
import { range } from "./harness.js";

const program = fileURLToPath(new URL("./fullDisk.js", import.meta.url));

/** Runs node in a mount namespace with such a disk; undefined: it may not be mounted here. */
function onSmallDisk(t: TestContext, script: string): string | undefined {
  const folder = temporaryFolder(t);
  const mount = (then: string) =>
    spawnSync(
      "unshare",
      ["--mount", "sh", "-c", `mount -t tmpfs -o size=64k,mode=0700 none "$0" && ${then}`, folder],
      { encoding: "utf8", timeout: 60_000 },
    );
  if (mount("true").status !== 0) return undefined;
  const { status, stdout, stderr } = mount(`exec "${process.execPath}" "${script}" "$0"`);
  assert.equal(status, 0, stderr);
  return stdout;
}

function sequences(text: string): number[] {
  assert.ok(text.endsWith("}\n"), "the file ends with a whole line");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => Number(JSON.parse(line).sequence));
}

test("a disk that is full gets whole lines only; with room again, everything that came is written", (t) => {
  const output = onSmallDisk(t, program);
  if (output === undefined) return t.skip("mounting a tmpfs needs root");
  const report: FullDiskReport = JSON.parse(output);
  const { full, end, handed } = report;
  assert.match(full.failure, /ENOSPC/);
  assert.ok(report.freeWhenFull < 4096, "there was no page left");
  assert.deepEqual(sequences(report.textWhenFull), range(1, full.written));
  assert.ok(full.written > 10 && full.queued > 0);
  assert.deepEqual([full.lostQueueFull, full.lostWriteFailed], [0, 0]);
  assert.deepEqual(sequences(report.text), range(1, handed));
  assert.deepEqual([end.written, end.queued, end.failure], [handed, 0, ""]);
  return undefined;
});
