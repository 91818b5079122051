/** How the daemon starts and stops as root, and what it says where it cannot start. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Outcome, run, start } from "../../host/cli/support/run.js";

test("the default socket is for its owner only, and existing clients find the daemon", async () => {
  const daemon = start(["daemon"]);
  await daemon.seen("stderr", /listening on/);
  const socket = "/run/guidestar/guidestar.sock";
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const status = await run(["status"]);
  assert.match(status.stdout, /^Health Status: running\n/);
  assert.match((await run(["sensors", "list"])).stdout, /^$|no sensors/i);
  daemon.child.kill("SIGINT");
  assert.equal((await daemon.outcome).code, 0);
  assert.equal(existsSync(socket), false);
  assert.equal(programs(), 0, "no program stays attached");
});

function programs(): number {
  const list = JSON.parse(execFileSync("bpftool", ["-j", "prog", "list"], { encoding: "utf8" }));
  return list.filter(({ name }: { name?: string }) => name?.startsWith("process_")).length;
}

/** One clear sentence on standard error, and exit code 1. */
function assertRefused({ code, stderr }: Outcome, sentence: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.match(stderr, sentence);
  // Beside it the log may tell of what was found before: a container runtime, for instance.
  const said = stderr.split("\n").filter((line) => line !== "" && !/^\d{4}-\S+ info /.test(line));
  assert.equal(said.length, 1, `more than a sentence: ${stderr}`);
}

test("a start without privileges says which it needs", () => {
  const { status, stderr } = spawnSync(
    "setpriv",
    [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      mainFile,
      "daemon",
      "--listen",
      "unix:///tmp/no-root.sock",
    ],
    { encoding: "utf8" },
  );
  assertRefused({ code: status, signal: null, stdout: "", stderr }, /CAP_BPF/);
});

test("a start without libbpf names the package", () => {
  const script = `
    for file in $(find /lib/ /usr/lib/ -xdev -name 'libbpf.so.1*'); do mount --bind /dev/null "$file"; done
    exec ${process.execPath} ${mainFile} daemon --listen unix:///tmp/no-libbpf.sock`;
  const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", script], {
    encoding: "utf8",
  });
  assertRefused({ code: status, signal: null, stdout: "", stderr }, /libbpf1/);
});

test("a start on a kernel without BTF says so", () => {
  const script = `mount -t tmpfs none /sys/kernel/btf
    exec ${process.execPath} ${mainFile} daemon --listen unix:///tmp/no-btf.sock`;
  const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", script], {
    encoding: "utf8",
  });
  assertRefused({ code: status, signal: null, stdout: "", stderr }, /BTF/);
});

test("a start with the port in use says which", async () => {
  const first = start(["daemon", "--listen", "localhost:54321"]);
  await first.seen("stderr", /listening on/);
  assertRefused(
    await run(["daemon", "--listen", "localhost:54321"]),
    /54321: another program has that port/,
  );
  first.child.kill("SIGTERM");
  assert.equal((await first.outcome).code, 0);
});

const mainFile = fileURLToPath(new URL("../../../host/cli/main.js", import.meta.url));
