/** The guest as a tool: what comes out of it, and how it fails. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bootGuest } from "./boot.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const skip = process.arch === "x64" ? false : "the guest is an x86-64 machine";
const timeoutMs = 150_000;
const shell = (script: string) => ({ kind: "command" as const, command: ["sh", "-c", script] });

test("a command's exit code, its output and the files it leaves come out", { skip }, async () => {
  const mark = randomBytes(8).toString("hex");
  const script = `echo ${mark}; cd $GUIDESTAR_EXPORT; seq 100000 > numbers; : > empty; exit 7`;
  const result = await bootGuest({ job: shell(script), timeoutMs, verbose: false });
  assert.equal(result.failure, undefined);
  assert.equal(result.exitCode, 7);
  assert.ok(result.console.includes(mark), result.console);
  assert.deepEqual([...result.files.keys()].sort(), ["empty", "numbers"]);
  const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join("");
  assert.equal(result.files.get("numbers")?.toString(), numbers);
  assert.equal(result.files.get("empty")?.length, 0);
});

test("a panic is told in the kernel's words", { skip }, async () => {
  const script = "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; sleep 60";
  const result = await bootGuest({ job: shell(script), timeoutMs });
  assert.equal(result.exitCode, undefined);
  assert.equal(result.failure, "the guest panicked: sysrq triggered crash");
  assert.ok(result.totalMs < timeoutMs);
});

test("a command that hangs is stopped when its time is up", { skip }, async () => {
  const result = await bootGuest({ job: shell("sleep 1000"), timeoutMs: 30_000 });
  assert.equal(result.exitCode, undefined);
  assert.equal(result.failure, "the guest was not done after 30 s");
});

test("qemu does not outlive the process that started it, even if that is killed", {
  skip,
}, async () => {
  const cli = spawn(process.execPath, [path.join(here, "cli.js"), "sleep", "1000"], {
    stdio: "ignore",
  });
  const cliPid = String(cli.pid);
  const qemu = await poll(() => childrenOf(cliPid).find(isQemu), 30_000);
  assert.ok(qemu !== undefined, "qemu was not started");
  cli.kill("SIGKILL");
  const gone = await poll(() => !existsSync(`/proc/${qemu}`) || undefined, 10_000);
  assert.ok(gone, `qemu ${qemu} still runs`);
});

function childrenOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

function isQemu(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("qemu");
  } catch {
    return false;
  }
}

async function poll<T>(look: () => T | undefined, forMs: number): Promise<T | undefined> {
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(50)) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
