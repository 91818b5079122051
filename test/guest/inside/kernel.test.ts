/** What every other test in the guest relies on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { test } from "node:test";
import koffi from "koffi";

test("the kernel is the Debian kernel of the image, with its own configuration", () => {
  const release = os.release();
  assert.match(release, /^6\.\d+.*-amd64$/);
  assert.match(readFileSync("/proc/version", "utf8"), /Debian/);
  const config = readFileSync(`/boot/config-${release}`, "utf8");
  for (const option of ["BPF_SYSCALL", "BPF_JIT", "BPF_LSM", "DEBUG_INFO_BTF", "KPROBES"]) {
    assert.match(config, new RegExp(`^CONFIG_${option}=y$`, "m"));
  }
});

test("time passes as it does outside: the clock is not the emulated time stamp counter", () => {
  const source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  assert.equal(readFileSync(source, "utf8").trim(), "hpet");
});

test("two CPUs run, and nothing but root's own processes", () => {
  assert.equal(os.cpus().length, 2);
  assert.equal(process.getuid?.(), 0);
});

test("the file systems are mounted that programs expect", () => {
  const mounts = readFileSync("/proc/mounts", "utf8");
  for (const mount of [
    "/sys/fs/cgroup cgroup2",
    "/sys/fs/bpf bpf",
    "/sys/kernel/tracing tracefs",
    "/sys/kernel/debug debugfs",
    "/tmp tmpfs",
    "/dev/pts devpts",
  ]) {
    assert.ok(mounts.includes(` ${mount} `), `${mount} is not mounted:\n${mounts}`);
  }
  assert.ok(existsSync("/sys/kernel/btf/vmlinux"));
});

test("BPF is one of the active security modules", () => {
  const active = readFileSync("/sys/kernel/security/lsm", "utf8").split(",");
  assert.ok(active.includes("bpf"), active.join(","));
});

test("the loopback device is up, and it is the only one with an address", async () => {
  const addresses = Object.keys(os.networkInterfaces());
  assert.deepEqual(addresses, ["lo"]);
});

test("libbpf loads through koffi and finds the program types that guidestar uses", () => {
  const libbpf = koffi.load("libbpf.so.1");
  const probe = libbpf.func("int libbpf_probe_bpf_prog_type(int type, const void *options)");
  const types = { kprobe: 2, tracepoint: 5, rawTracepoint: 17, tracing: 26, lsm: 29 };
  for (const [name, type] of Object.entries(types)) assert.equal(probe(type, null), 1, name);
  const probeMap = libbpf.func("int libbpf_probe_bpf_map_type(int type, const void *options)");
  const ringBuffer = 27;
  assert.equal(probeMap(ringBuffer, null), 1);
});

test("bpftool agrees", () => {
  const text = execFileSync("bpftool", ["feature", "probe", "kernel"], { encoding: "utf8" });
  for (const type of ["kprobe", "tracing", "lsm", "raw_tracepoint"]) {
    assert.ok(text.includes(`program_type ${type} is available`), type);
  }
});
