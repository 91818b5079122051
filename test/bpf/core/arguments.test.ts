import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run, workload } from "./harness.js";

const part = 100_000;

/** What `bigargs` makes. */
function bigArgument(index: number): string {
  const start = `${index}:`;
  return start + String.fromCharCode(97 + (index % 26)).repeat(part - start.length);
}

describe("the arguments of an exec", () => {
  for (const bytes of [4_000, 4_096, 4_097, 16_384, 16_385, 120_000]) {
    test(`arrive whole when they are ${bytes} bytes`, async () => {
      const command = workload("nop");
      const argv = [command, "x".repeat(bytes - command.length - 2)];
      const { execs, losses } = await run(argv);
      assert.equal(execs[0]?.argsBytes, bytes);
      assert.deepEqual(execs[0]?.argv, argv);
      assert.deepEqual(execs[0]?.flags, ["EXECVE", "CLONE"]);
      assert.equal(losses.readFailed, 0);
    });
  }

  // 6 MiB is the most that the kernel takes, for arguments, environment and pointers together.
  for (const bytes of [200 * 1024, 2 * 1024 * 1024, 5_900_000]) {
    test(`arrive whole when they are about ${bytes} bytes`, async () => {
      const { execs, exits, losses } = await run([
        workload("bigargs"),
        String(bytes),
        workload("nop"),
      ]);
      const [, exec] = execs;
      const parts = Math.floor(bytes / (part + 1));
      assert.equal(exec?.argv.length, parts + 1);
      assert.ok(exec?.argv.every((text, i) => i === 0 || text === bigArgument(i - 1)));
      assert.deepEqual(exec?.flags, ["EXECVE"]);
      assert.ok((exec?.spilledBytes ?? 0) > bytes - part - 4096);
      assert.deepEqual(losses, { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 });
      assert.equal(exits[0]?.code, 0);
    });
  }

  test("are flagged as cut when the ring has no room for all of them, and what is there is whole", async () => {
    const { execs, losses } = await run([workload("bigargs"), "1000000", workload("nop")], {
      base: { ringBytes: 65536 },
    });
    const exec = execs[1];
    assert.deepEqual(exec?.flags, ["EXECVE", "TRUNC_ARGS"]);
    assert.ok(losses.ring >= 1);
    const text = exec?.argv[1] ?? "";
    assert.ok(
      text.length > 10_000 && bigArgument(0).startsWith(text),
      "what came is the beginning",
    );
  });

  test("may be many and empty", async () => {
    const argv = [workload("nop"), ...Array.from({ length: 1000 }, () => "")];
    const { execs } = await run(argv);
    assert.deepEqual(execs[0]?.argv, argv);
  });
});
