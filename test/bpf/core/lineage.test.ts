import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Decoded } from "./decode.js";
import { run, workload } from "./harness.js";

const named = (record: Decoded | undefined) => ({ pid: record?.pid, keyNs: record?.keyNs });

describe("the records of processes that beget processes", () => {
  test("tell of a fork without exec, and of its end", async () => {
    const { forks, execs, exits, output } = await run([workload("doublefork")]);
    const [child = 0, grandchild = 0] = output.trim().split(" ").map(Number);
    assert.deepEqual(
      forks.map((fork) => fork.pid),
      [child, grandchild],
    );
    assert.deepEqual(forks[0]?.parent, named(execs[0]));
    assert.deepEqual(forks[1]?.parent, named(forks[0]));
    const last = exits.find((exit) => exit.pid === grandchild);
    assert.deepEqual(named(last), named(forks[1]));
    assert.deepEqual(last?.parent, named(forks[0]), "its creator, although that is gone");
    assert.equal(last?.code, 7 << 8);
    assert.equal(exits.length, 3);
  });

  test("tell of vfork and exec", async () => {
    const { forks, execs, exits, output } = await run([workload("vforkexec"), workload("nop")]);
    const child = Number(output);
    assert.equal(forks.length, 1);
    assert.equal(forks[0]?.pid, child);
    const exec = execs[1];
    assert.equal(exec?.pid, child);
    assert.equal(exec?.previousKeyNs, forks[0]?.keyNs);
    assert.deepEqual(exec?.parent, named(execs[0]));
    assert.deepEqual(exec?.flags, ["EXECVE", "CLONE"]);
    assert.deepEqual(
      exits.map((exit) => named(exit)),
      [named(exec), named(execs[0])],
    );
  });

  test("name the process, not the thread, when a thread execs", async () => {
    const { rootPid, forks, execs, exits, output } = await run([
      workload("threadexec"),
      workload("nop"),
    ]);
    const thread = Number(output);
    assert.notEqual(thread, rootPid);
    assert.equal(forks.length, 0, "a thread is no process");
    assert.equal(execs.length, 2);
    assert.equal(execs[1]?.pid, rootPid);
    assert.equal(execs[1]?.tid, thread, "the thread that called exec");
    assert.equal(execs[1]?.previousKeyNs, execs[0]?.keyNs);
    assert.equal(execs[1]?.startNs, execs[0]?.startNs);
    assert.equal(exits.length, 1);
    assert.deepEqual(named(exits[0]), named(execs[1]));
  });

  test("tell of the exit when the last thread is gone, not when the leader is", async () => {
    const { rootPid, execs, exits } = await run([workload("leaderexit")]);
    assert.equal(exits.length, 1);
    assert.equal(exits[0]?.code, 9 << 8, "what wait(2) gets");
    assert.notEqual(exits[0]?.tid, rootPid);
    assert.ok((exits[0]?.timeNs ?? 0n) - (execs[0]?.timeNs ?? 0n) > 290_000_000n);
  });

  test("tell of one exit when two threads end at the same moment", async () => {
    // Two of a thousand would have a second exit if nothing were done about it.
    const { forks, exits, output } = await run([workload("race"), "4000", "8"]);
    const rounds = Number(output);
    assert.ok(rounds >= 50, `only ${rounds} in 8 s`);
    assert.equal(forks.length, rounds);
    assert.equal(exits.length, rounds + 1);
    assert.equal(new Set(exits.map((exit) => `${exit.pid}.${exit.keyNs}`)).size, rounds + 1);
    const children = exits.filter((exit) => exit.parent.pid !== process.pid);
    assert.equal(children.length, rounds);
    assert.ok(children.every((exit) => exit.code === 5 << 8));
  });

  for (const [name, signal] of [
    ["SIGTERM", 15],
    ["SIGKILL", 9],
    ["SIGUSR1", 10],
  ] as const) {
    test(`tell that ${name} ended it`, async () => {
      const { exits } = await run([workload("place"), "signal", String(signal)]);
      assert.equal((exits[0]?.code ?? 0) & 0x7f, signal);
      assert.equal((exits[0]?.code ?? 0) >> 8, 0);
    });
  }
});
