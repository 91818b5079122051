/** How the daemon starts and stops as root, and what it says where it cannot start. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Outcome, run, start } from "../../host/cli/support/run.js";

test("the default socket is for its owner only, and existing clients find the daemon", async () => {
  const daemon = start(["daemon"]);
  await daemon.seen("stderr", /listening on/);
  const socket = "/run/guidestar/guidestar.sock";
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const [status, sensors] = await Promise.all([run(["status"]), run(["sensors", "list"])]);
  assert.match(status.stdout, /^Health Status: running\n/);
  assert.equal(sensors.stdout, "dns (not enabled)\ntest (not enabled)\n");
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

/** What a shell's command comes to. */
function shell(...script: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile("unshare", ["--mount", "sh", "-c", script.join("\n")], (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? null : 0;
      resolve({ code, signal: null, stdout, stderr });
    });
  });
}

const daemon = (name: string) =>
  `exec ${process.execPath} ${mainFile} daemon --listen unix:///tmp/${name}.sock --plugin-dir /tmp/${name}`;

// Each is a program that starts, which takes long on an emulated machine: two at a time.
describe("a start that cannot be", { concurrency: 2 }, () => {
  test("for want of privileges says which it needs", async () => {
    const asNobody = daemon("no-root").replace(
      "exec ",
      "exec setpriv --reuid=65534 --regid=65534 --clear-groups ",
    );
    assertRefused(await shell(asNobody), /CAP_BPF/);
  });

  test("for want of libbpf names the package", async () => {
    const hide =
      "for file in $(find /lib/ /usr/lib/ -xdev -name 'libbpf.so.1*'); do mount --bind /dev/null $file; done";
    assertRefused(await shell(hide, daemon("no-libbpf")), /libbpf1/);
  });

  test("on a kernel without BTF says so", async () => {
    const hide = "mount -t tmpfs none /sys/kernel/btf";
    assertRefused(await shell(hide, daemon("no-btf")), /BTF/);
  });

  test("with the port in use says which", async () => {
    const other = createServer().listen(54_321, "localhost");
    await once(other, "listening");
    assertRefused(
      await run(["daemon", "--listen", "localhost:54321", "--plugin-dir", "/tmp/no-port"]),
      /54321: another program has that port/,
    );
    other.close();
  });
});

const mainFile = fileURLToPath(new URL("../../../host/cli/main.js", import.meta.url));
