import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { workload } from "../harness.js";
import { type HookArgument, originalSizeOf, textOf } from "./decode.js";
import { runHooked } from "./harness.js";
import { argument, syscallHook, userArgument } from "./specs.js";

const calls = workload("calls");
const letters = (count: number): string =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");

/** What the hook made of the one argument of the only call. */
async function only(
  command: readonly string[],
  spec: Parameters<typeof runHooked>[1][number],
): Promise<HookArgument> {
  const { records, losses } = await runHooked([calls, ...command], [spec]);
  assert.equal(records.length, 1);
  assert.deepEqual(losses, { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 });
  const [first] = records[0]?.args ?? [];
  assert.ok(first);
  return first;
}

describe("a string", () => {
  const of = (path: string, maxData = 100) =>
    only(
      ["mkdirat", "-1", path, "0"],
      syscallHook("mkdirat", [userArgument(1, "string", { maxData })]),
    );

  test("may be empty", async () => {
    const empty = await of("#00");
    assert.deepEqual([empty.kind, empty.error, textOf(empty)], ["STRING", "OK", ""]);
    assert.equal(originalSizeOf(empty), 0);
  });

  test("is whole if it has just maxData bytes", async () => {
    const whole = await of("@100");
    assert.equal(textOf(whole), letters(100));
    assert.equal(originalSizeOf(whole), 100);
  });

  test("is cut to maxData, and says so", async () => {
    const cut = await of("@101");
    assert.equal(textOf(cut), letters(100));
    assert.ok(originalSizeOf(cut) > 100);
    const muchCut = await of("@5000");
    assert.equal(textOf(muchCut), letters(100));
    assert.ok(originalSizeOf(muchCut) > 100);
  });

  test("may be as long as 64 KiB", async () => {
    const long = await of("@65536", 65_536);
    assert.equal(textOf(long), letters(65_536));
  });

  test("that is NULL, or can't be read, has its error", async () => {
    const none = await of("0");
    assert.deepEqual([none.kind, none.error, none.payload.length], ["STRING", "NULL", 0]);
    assert.equal((await of("unmapped")).error, "FAULT");
    assert.equal((await of("0x7ffffffff000")).error, "FAULT");
  });
});

describe("a buffer", () => {
  const of = (buffer: string, size: string, maxData = 4096) =>
    only(
      ["write", "-1", buffer, size],
      syscallHook("write", [
        userArgument(1, "char_buf", { maxData, length: { kind: "argument", index: 2 } }),
      ]),
    );

  for (const [size, maxData] of [
    [0, 100],
    [1, 100],
    [7, 100],
    [8, 100],
    [100, 100],
    [4096, 4096],
    [65_536, 65_536],
  ] as const) {
    test(`of ${size} bytes is whole where ${maxData} are allowed`, async () => {
      const whole = await of("@65536", String(size), maxData);
      assert.deepEqual([whole.kind, whole.error], ["BYTES", "OK"]);
      assert.equal(textOf(whole), letters(size));
      assert.equal(originalSizeOf(whole), size);
    });
  }

  test("is cut to maxData, and its size told", async () => {
    const cut = await of("@5000", "5000");
    assert.equal(textOf(cut), letters(4096));
    assert.equal(originalSizeOf(cut), 5000);
  });

  test("may say that it is longer than memory", async () => {
    const cut = await of("@5000", "0x7fffffffffffffff", 100);
    assert.equal(textOf(cut), letters(100));
    assert.equal(originalSizeOf(cut), Number(0x7fffffffffffffffn));
  });

  test("that is NULL, or can't be read, has its error", async () => {
    assert.equal((await of("0", "10")).error, "NULL");
    const unreadable = await of("unmapped", "10");
    assert.equal(unreadable.error, "FAULT");
    assert.equal(originalSizeOf(unreadable), 10);
    assert.equal(textOf(unreadable), "");
  });
});

describe("a vector of buffers", () => {
  const of = (pieces: string, count: string, maxData = 4096) =>
    only(
      ["writev", "-1", pieces, count],
      syscallHook("writev", [
        userArgument(1, "char_iovec", { maxData, length: { kind: "argument", index: 2 } }),
      ]),
    );

  test("is put together", async () => {
    const whole = await of("^one+two++three", "4");
    assert.equal(textOf(whole), "onetwothree");
    assert.equal(originalSizeOf(whole), 11);
  });

  test("is cut to maxData, wherever that falls, and its size told", async () => {
    for (const [maxData, seen] of [
      [6, "onetwo"],
      [5, "onetw"],
      [1, "o"],
    ] as const) {
      const cut = await of("^one+two+three", "3", maxData);
      assert.equal(textOf(cut), seen);
      assert.equal(originalSizeOf(cut), 11);
    }
  });

  test("has as many pieces as the call says", async () => {
    assert.equal(textOf(await of("^one+two+three", "2")), "onetwo");
    assert.equal(textOf(await of("^one+two+three", "0")), "");
  });

  test("that is NULL, or can't be read, has its error", async () => {
    assert.equal((await of("0", "1")).error, "NULL");
    assert.equal((await of("unmapped", "1")).error, "FAULT");
  });
});

describe("a buffer that the call fills", () => {
  const spec = (maxData: number) =>
    syscallHook(
      "read",
      [
        argument(0, "s32"),
        userArgument(1, "char_buf", { maxData, length: { kind: "returned" } }),
        argument(2, "size_t"),
      ],
      { returned: argument(0, "s64", { source: { kind: "return" } }) },
    );
  const reading = (size: number) => [
    ...[calls, "openat", "-100", "/proc/self/comm", "0", "0"],
    ...[",", "read", "%0", "@-100", String(size)],
  ];

  test("is read when it is filled, and in its place", async () => {
    const { records } = await runHooked(reading(100), [spec(100)]);
    const [record] = records;
    assert.deepEqual(
      record?.args.map(({ position, kind }) => [position, kind]),
      [
        [0, "INT"],
        [1, "BYTES"],
        [2, "INT"],
        [16, "INT"],
      ],
    );
    assert.deepEqual(record?.flags, ["RETURNED"]);
    assert.equal(record?.args[1] && textOf(record.args[1]), "calls\n");
  });

  test("is cut to maxData", async () => {
    const { records } = await runHooked(reading(100), [spec(3)]);
    const buffer = records[0]?.args[1];
    assert.ok(buffer);
    assert.equal(textOf(buffer), "cal");
    assert.equal(originalSizeOf(buffer), 6);
  });

  test("is empty if the call fails", async () => {
    const { records } = await runHooked([calls, "read", "-1", "@10", "10"], [spec(100)]);
    const [, buffer, , returned] = records[0]?.args ?? [];
    assert.ok(buffer && returned);
    assert.deepEqual([buffer.error, textOf(buffer)], ["OK", ""]);
    assert.equal(returned.payload.readBigInt64LE(0), -9n);
  });
});
