import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { BpfError, BpfObject } from "../../../../bpf/libbpf/index.js";

const support = (name: string): string =>
  fileURLToPath(new URL(`../support/${name}.js`, import.meta.url));

function failure(name: string): BpfError {
  try {
    BpfObject.open(Buffer.from("garbage"), { name });
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
  throw new Error("garbage was opened");
}

test("what libbpf says is on the error of the call it said it in", () => {
  assert.deepEqual(failure("first").messages, ["elf: 'first' is not a proper ELF object"]);
  assert.deepEqual(failure("second").messages, ["elf: 'second' is not a proper ELF object"]);
});

test("threads that use libbpf at the same time hear only what was said to them", async () => {
  const workers = ["alpha", "beta", "gamma"].map(
    (name) => new Worker(support("opener"), { workerData: { name, times: 100 } }),
  );
  const ends = workers.map(async (worker) => {
    await once(worker, "message");
    const [heard] = await once(worker, "message");
    return heard as number;
  });
  for (let i = 0; i < 100; i++)
    assert.match(failure(`main_${i}`).messages.join(), new RegExp(`main_${i}'`));
  assert.deepEqual(await Promise.all(ends), [100, 100, 100]);
});

test("a thread that is terminated in the middle of it holds up nobody", async () => {
  for (let i = 0; i < 8; i++) {
    const worker = new Worker(support("opener"), { workerData: { name: "doomed", times: 1e9 } });
    await once(worker, "message");
    await new Promise((resolve) => setTimeout(resolve, 2));
    await worker.terminate();
    const start = performance.now();
    assert.equal(failure("after").messages.length, 1);
    assert.ok(performance.now() - start < 2000);
  }
});

test("libbpf prints nothing by itself", () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [support("missing")], {
    encoding: "utf8",
  });
  assert.equal(status, 0);
  assert.equal(stderr, "");
  assert.equal(JSON.parse(stdout).code, "LIBBPF_FORMAT");
});

test("a missing libbpf is one clear sentence with the package to install", () => {
  const { stdout } = spawnSync(process.execPath, [support("missing")], {
    encoding: "utf8",
    env: { ...process.env, LIBBPF_TS_LIBRARY: "libbpf.so.77" },
  });
  assert.deepEqual(JSON.parse(stdout), {
    ours: true,
    code: "MISSING_LIBRARY",
    message:
      "cannot load libbpf.so.77: install the package libbpf1 (Debian, Ubuntu) or libbpf (Fedora, Arch, Alpine)",
  });
});

test("a library that is no libbpf is refused", () => {
  const { stdout } = spawnSync(process.execPath, [support("missing")], {
    encoding: "utf8",
    env: { ...process.env, LIBBPF_TS_LIBRARY: "libc.so.6" },
  });
  assert.equal(JSON.parse(stdout).code, "LIBRARY_VERSION");
});
