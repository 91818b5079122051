/** The base programs where they see everything. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type BaseOptions, loadBase } from "../../../host/sensors/base.js";
import type { Exec, Exit } from "../../bpf/core/decode.js";
import { Collector, workload } from "../../bpf/core/harness.js";

/** Everything that the kernel tells while `act` runs. */
async function watch<T>(options: BaseOptions, act: (collector: Collector) => Promise<T>) {
  const base = loadBase(options);
  const collector = new Collector(base);
  try {
    const acted = await collector.during(act(collector));
    // Who waits for a process hears of its end a little before or after the kernel's record.
    await collector.during(sleep(50));
    return { acted, ...collector.result() };
  } finally {
    collector.close();
    base.close();
  }
}

async function runToEnd(file: string, ...args: string[]): Promise<{ pid: number; output: string }> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  await once(child, "close");
  return { pid: child.pid ?? 0, output };
}

const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts something that says when it is ready, and goes on until its standard input ends. */
async function startEarly(file: string, ...args: string[]) {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  const [said] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const end = async () => {
    child.stdin.end();
    await once(child, "close");
  };
  return { pid: child.pid ?? 0, said, end };
}

const pidsIn = (output: string): number[] => output.trim().split(/\s+/).map(Number);
const nameOf = ({ pid, keyNs }: { pid: number; keyNs: bigint }) => `${pid}.${keyNs}`;

describe("in the scope of everything", () => {
  const scope = { kind: "all" } as const;

  test("a process is seen from its fork to its exit, whoever started it", async () => {
    const { acted, forks, execs, exits, losses } = await watch({ scope, scan: false }, () =>
      runToEnd(workload("swarm"), "500", "50", workload("nop")),
    );
    const root = execs.find((exec) => exec.pid === acted.pid);
    assert.equal(root?.parent.pid, process.pid);
    assert.deepEqual(root?.flags.slice(0, 1), ["EXECVE"]);
    assert.ok(root?.flags.includes("CLONE"));
    const isChild = ({ parent }: { parent: { pid: number } }) => parent.pid === acted.pid;
    const children = execs.filter(isChild);
    assert.equal(forks.filter(isChild).length, 500);
    assert.equal(children.length, 500);
    const ended = new Set(exits.map(nameOf));
    assert.ok(children.every((exec) => ended.has(nameOf(exec))));
    assert.deepEqual(losses, { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 });
  });

  test("what was there before is scanned, and ends under the same name", async () => {
    const early = await startEarly(workload("until"), "early");
    const { execs, exits, forks } = await watch({ scope }, early.end);
    const [kernel, init] = execs;
    assert.equal(kernel?.binary, "<kernel>");
    assert.equal(init?.pid, 1);
    assert.deepEqual(init?.parent, { pid: 0, keyNs: 1n });
    assert.ok(execs.some((exec) => exec.pid === process.pid));
    const seen = execs.find((exec) => exec.pid === early.pid);
    assert.deepEqual(seen?.flags.slice(0, 1), ["PROCFS"]);
    assert.deepEqual(seen?.argv, [workload("until"), "early"]);
    const self = execs.find((exec) => exec.pid === process.pid);
    assert.deepEqual(seen?.parent, { pid: process.pid, keyNs: self?.keyNs });
    const exit = exits.find(({ pid }) => pid === early.pid);
    assert.equal(exit?.keyNs, seen?.keyNs);
    assert.deepEqual(exit?.parent, seen?.parent);
    assert.ok(!forks.some(({ pid }) => pid === early.pid));
    const order = new Map(execs.map((exec, i) => [nameOf(exec), i]));
    for (const exec of execs.filter(({ flags }) => flags.includes("PROCFS"))) {
      const parent = order.get(nameOf(exec.parent));
      assert.ok(parent === undefined || parent < (order.get(nameOf(exec)) ?? 0));
    }
    assert.ok(!execs.some(({ binary }) => binary === ""), "no kernel threads");
  });

  for (const scan of [true, false]) {
    const known = scan ? "known from the scan" : "not in the process table";
    test(`a process ${known} whose two threads end at once has one exit`, async () => {
      const racers = await startEarly(workload("racers"), "100");
      const pids = new Set(pidsIn(racers.said));
      assert.equal(pids.size, 100);
      const { exits } = await watch({ scope, scan }, racers.end);
      const own = exits.filter(({ pid }) => pids.has(pid));
      assert.equal(own.length, 100);
      assert.equal(new Set(own.map(({ pid }) => pid)).size, 100);
      assert.ok(own.every(({ code, parent }) => code === 5 << 8 && parent.pid === racers.pid));
    });
  }

  test("a process born and ended by two threads at once has one exit", async () => {
    const { acted, forks, exits } = await watch({ scope, scan: false }, () =>
      runToEnd(workload("race"), "300", "60"),
    );
    // Some of ten would have a second exit if nothing were done about it.
    assert.equal(Number(acted.output), 300);
    const isChild = ({ parent }: { parent: { pid: number } }) => parent.pid === acted.pid;
    assert.equal(forks.filter(isChild).length, 300);
    assert.equal(exits.filter(isChild).length, 300);
    assert.equal(new Set(exits.filter(isChild).map(nameOf)).size, 300);
  });

  test("what the kernel starts by itself has the kernel as its parent; a core dump shows in the code", async () => {
    const setting = "/proc/sys/kernel/core_pattern";
    const before = readFileSync(setting);
    const { execs, exits } = await watch({ scope, scan: false }, async () => {
      writeFileSync(setting, `|${workload("nop")} helper`);
      await runToEnd(workload("place"), "signal", "11");
      await sleep(200);
    });
    writeFileSync(setting, before);
    const helper = execs.find(({ argv }) => argv[1] === "helper");
    assert.deepEqual(helper?.parent, { pid: 0, keyNs: 1n });
    const crashed = execs.find(({ argv }) => argv[1] === "signal");
    const exit = exits.find(({ pid }) => pid === crashed?.pid);
    assert.equal(exit?.code, 0x80 | 11);
  });

  test("kernel threads that come and go make no records", async () => {
    const { records } = await watch({ scope, scan: false }, async () => {
      await sleep(500);
    });
    for (const record of records) assert.notEqual(record.pid, 0);
    const kernelThreads = records.filter(({ pid }) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`).length === 0;
      } catch {
        return false;
      }
    });
    assert.deepEqual(kernelThreads, []);
  });
});

describe("in the scope of a cgroup", () => {
  const root = "/sys/fs/cgroup/scope-test";
  const inner = `${root}/inner`;
  const container = `${inner}/container`;

  async function inCgroup<T>(
    act: (collector: Collector) => Promise<T>,
  ): Promise<{ acted: T; execs: Exec[]; exits: Exit[]; pids: Set<number> }> {
    mkdirSync(container, { recursive: true });
    try {
      const { acted, records, execs, exits } = await watch(
        { scope: { kind: "cgroup", path: root }, scan: false },
        act,
      );
      return { acted, execs, exits, pids: new Set(records.map(({ pid }) => pid)) };
    } finally {
      for (const folder of [container, inner, root]) rmdirSync(folder);
    }
  }

  const enter = (folder: string, then: string) => [
    "-c",
    `echo $$ > ${folder}/cgroup.procs; ${then}`,
  ];

  test("what runs in it and below it is seen, nothing else", async () => {
    const { acted, execs, exits, pids } = await inCgroup(async () => {
      const outside = await runToEnd(workload("nop"), "outside");
      const inside = await runToEnd("/bin/sh", ...enter(inner, `${workload("nop")} a; exit 3`));
      return { outside, inside };
    });
    assert.ok(!pids.has(acted.outside.pid));
    assert.deepEqual(
      execs.map(({ argv }) => argv[1]),
      ["a"],
    );
    assert.equal(execs[0]?.cgroupName, "inner");
    assert.equal(execs[0]?.parent.pid, acted.inside.pid);
    assert.ok(execs[0]?.flags.includes("CLONE"));
    const shell = exits.find(({ pid }) => pid === acted.inside.pid);
    assert.equal(shell?.code, 3 << 8);
    assert.equal(shell?.keyNs, execs[0]?.parent.keyNs, "as its child names it");
  });

  test("the id and the name of the cgroup are those that everybody knows", async () => {
    let id = 0n;
    const { execs } = await inCgroup(async () => {
      id = statSync(container, { bigint: true }).ino;
      await runToEnd("/bin/sh", ...enter(container, `exec ${workload("nop")}`));
    });
    assert.equal(execs[0]?.cgroupId, id);
    assert.equal(execs[0]?.cgroupName, "inner/container");
  });

  test("a child that is put into it by its creator outside is seen from its fork on", async () => {
    const { acted, execs, exits, pids } = await inCgroup(() =>
      runToEnd(workload("intocgroup"), inner, workload("nop")),
    );
    const child = Number(acted.output);
    assert.deepEqual([...pids], [child]);
    assert.deepEqual(execs[0]?.flags.slice(0, 1), ["EXECVE"]);
    assert.ok(execs[0]?.flags.includes("CLONE"));
    assert.equal(execs[0]?.parent.pid, acted.pid);
    assert.equal(exits.length, 1);
  });

  test("what is in it already is scanned, and nothing else", async () => {
    mkdirSync(inner, { recursive: true });
    const command = enter(inner, `exec ${workload("until")} early`);
    const early = await startEarly("/bin/sh", ...command);
    const cgroup = { kind: "cgroup", path: root } as const;
    const { execs, exits } = await watch({ scope: cgroup }, early.end);
    for (const folder of [inner, root]) rmdirSync(folder);
    assert.deepEqual(
      execs.map(({ pid }) => pid),
      [0, early.pid],
    );
    assert.equal(exits.length, 1);
    assert.equal(exits[0]?.keyNs, execs[1]?.keyNs);
    assert.equal(execs[1]?.parent.pid, process.pid);
  });
});
