import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { readRecordLayout } from "../../../host/source/layout.js";
import {
  type ProcessTable,
  scanProcesses,
  type TableEntry,
} from "../../../host/source/procScan.js";
import { Decoder, type Exec } from "../../bpf/core/decode.js";
import { FakeProc } from "./fakeProc.js";

const objectFile = fileURLToPath(new URL("../../../bpf/core/process.bpf.o", import.meta.url));
const object = BpfObject.open(readFileSync(objectFile));
const layout = readRecordLayout(object.btf);
object.close();

/** What the kernel's table does, without a kernel that does something of its own meanwhile. */
class Table implements ProcessTable {
  readonly entries = new Map<number, TableEntry>();

  constructor(readonly room = 100) {}

  keyNsOf(pid: number): bigint | undefined {
    return this.entries.get(pid)?.keyNs;
  }

  add(pid: number, entry: TableEntry): "added" | "there" | "full" {
    if (this.entries.has(pid)) return "there";
    if (this.entries.size === this.room) return "full";
    this.entries.set(pid, entry);
    return "added";
  }

  remove(pid: number): void {
    this.entries.delete(pid);
  }
}

describe("a scan", () => {
  let proc: FakeProc;
  let table: Table;
  beforeEach(() => {
    proc = new FakeProc();
    table = new Table();
  });
  afterEach(() => proc.remove());

  const scan = (
    options: Partial<Parameters<typeof scanProcesses>[0]> = {},
  ): (Exec & { type: "exec" })[] => {
    const decoder = new Decoder(layout);
    const all = { scope: { kind: "all" }, layout, table, procPath: proc.path } as const;
    return scanProcesses({ ...all, ...options }).map((bytes) => {
      const record = decoder.decode(bytes);
      assert.equal(record?.type, "exec");
      return record as Exec;
    });
  };

  test("of everything has the kernel first, then parents before children, and no kernel threads", () => {
    proc
      .add({ pid: 1, parentPid: 0, startTicks: 1 })
      .add({ pid: 2, parentPid: 0, kernelThread: true })
      .add({ pid: 30, parentPid: 90 })
      .add({ pid: 90, parentPid: 1, startTicks: 50 })
      .add({ pid: 95, parentPid: 2, startTicks: 60 });
    const records = scan();
    assert.deepEqual(
      records.map(({ pid }) => pid),
      [0, 1, 90, 30, 95],
    );
    const [kernel, init, ninety, thirty, helper] = records;
    assert.equal(kernel?.binary, "<kernel>");
    assert.equal(kernel?.keyNs, 1n);
    assert.deepEqual(init?.parent, { pid: 0, keyNs: 1n });
    assert.equal(init?.keyNs, 10_000_000n);
    assert.deepEqual(ninety?.parent, { pid: 1, keyNs: 10_000_000n });
    assert.deepEqual(thirty?.parent, { pid: 90, keyNs: 500_000_000n });
    assert.deepEqual(helper?.parent, { pid: 0, keyNs: 1n }, "started by the kernel itself");
    assert.deepEqual(thirty?.flags, ["PROCFS"]);
    assert.equal(thirty?.timeNs, thirty?.startNs);
    assert.deepEqual(thirty?.argv, ["sh", "-c", "true"]);
    assert.equal(thirty?.auid, 1000);
  });

  test("puts what it found into the kernel's table", () => {
    proc.add({ pid: 30, parentPid: 0, startTicks: 7 });
    scan();
    const parent = { pid: 0, keyNs: 1n };
    assert.deepEqual([...table.entries], [[30, { keyNs: 70_000_000n, parent, flags: 0 }]]);
  });

  test("leaves out a process that the kernel names otherwise by now", () => {
    const parent = { pid: 1, keyNs: 1n };
    proc.add({ pid: 30, startTicks: 7 }).add({ pid: 31, startTicks: 8 });
    table.add(30, { keyNs: 123_456_789n, parent, flags: 0 });
    table.add(31, { keyNs: 80_000_000n, parent, flags: 0 });
    assert.deepEqual(
      scan().map(({ pid }) => pid),
      [0, 31],
    );
    assert.equal(table.keyNsOf(30), 123_456_789n);
  });

  test("leaves out a process that the kernel puts into the table at the last moment", () => {
    proc.add({ pid: 30, startTicks: 7 });
    const { add } = table;
    table.add = function (pid, entry) {
      add.call(this, pid, { ...entry, keyNs: 99_999n });
      return add.call(this, pid, entry);
    };
    assert.deepEqual(
      scan().map(({ pid }) => pid),
      [0],
    );
  });

  test("shows a process that ends just then, and leaves nothing of it in the table", () => {
    proc.add({ pid: 30, startTicks: 7 });
    const { add } = table;
    table.add = function (pid, entry) {
      proc.remove();
      return add.call(this, pid, entry);
    };
    assert.deepEqual(
      scan().map(({ pid }) => pid),
      [0, 30],
    );
    assert.equal(table.entries.size, 0);
  });

  test("shows processes for which the table has no room", () => {
    table = new Table(1);
    proc.add({ pid: 30 }).add({ pid: 31 });
    assert.equal(scan().length, 3);
  });

  test("of a tree reads the tree, through every thread, and guidestar as the parent of its root", () => {
    proc
      .add({ pid: 1, parentPid: 0 })
      .add({ pid: 20, parentPid: 1, startTicks: 5, children: "30 " })
      .add({ pid: 30, parentPid: 20, children: "31 " })
      .addThread(30, { pid: 33, children: "34 " })
      .add({ pid: 31, parentPid: 30 })
      .add({ pid: 34, parentPid: 30 })
      .add({ pid: 50, parentPid: 20 });
    for (const pid of [30, 31, 34]) {
      table.add(pid, { keyNs: 1_000_000_000n, parent: { pid: 0, keyNs: 0n }, flags: 0 });
    }
    const records = scan({ scope: { kind: "tree", rootPids: [30] }, ownPid: 20 });
    assert.deepEqual(
      records.map(({ pid }) => pid),
      [20, 30, 31, 34],
    );
    assert.deepEqual(records[0]?.parent, { pid: 0, keyNs: 0n }, "of others nothing is read");
    assert.deepEqual(records[1]?.parent, { pid: 20, keyNs: 50_000_000n });
    assert.equal(table.entries.size, 3, "guidestar is not traced");
  });

  test("of a tree whose root another started says nothing of that one", () => {
    proc.add({ pid: 20, parentPid: 1 }).add({ pid: 30, parentPid: 20 });
    table.add(30, { keyNs: 1_000_000_000n, parent: { pid: 0, keyNs: 0n }, flags: 0 });
    const records = scan({ scope: { kind: "tree", rootPids: [30] }, ownPid: 99 });
    assert.deepEqual(
      records.map(({ pid, parent }) => [pid, parent.pid]),
      [[30, 0]],
    );
  });
});
