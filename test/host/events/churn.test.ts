import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Decoder } from "../../../host/events/decoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";

const processes = 1_000_000;
const pids = 30_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heldBytes = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

test("a million short processes leave the cache where it was", () => {
  const layout = headerLayout();
  const make = new RecordMaker(layout);
  const cache = new ProcessCache(65_536);
  const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs: 0n });
  const decode = (record: Buffer) => {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    return decoder.decode(record, view, 0, record.length);
  };
  const shell = { "parent.pid": 1, "parent.key_ns": 1 };
  const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  // Made once, and named anew for each process: making them takes longer than decoding.
  const fork = make.fork(shell);
  const exec = make.exec({ ...shell, flags }, { binary: "/bin/tool", cwd: "/", argv: ["tool"] });
  const exit = make.exit(shell);
  const at = layout.structs.gs_header?.fields;
  const previous = layout.structs.gs_exec?.fields.previous_key_ns?.offset;
  const named = (record: Buffer, pid: number, keyNs: number) => {
    record.writeUInt32LE(pid, at?.pid?.offset);
    record.writeBigUInt64LE(BigInt(keyNs), at?.key_ns?.offset);
    return record;
  };
  let nowNs = 1000;
  const one = (pid: number) => {
    exec.writeBigUInt64LE(BigInt(nowNs), previous);
    decode(named(fork, pid, nowNs++));
    decode(named(exec, pid, nowNs));
    const ended = decode(named(exit, pid, nowNs++));
    return ended?.process.binary;
  };

  decode(make.exec({ "header.pid": 1, "header.key_ns": 1 }, { binary: "/bin/sh" }));
  for (let i = 0; i < pids; i++) one(100 + i);
  const before = heldBytes();
  for (let i = 0; i < processes; i++) {
    // Every tenth tells no exec.
    const pid = 100 + (i % pids);
    if (i % 10 > 0) assert.equal(one(pid), "/bin/tool");
    else {
      decode(named(fork, pid, ++nowNs));
      decode(named(exit, pid, nowNs));
    }
  }
  const grownBytes = heldBytes() - before;
  assert.equal(cache.size, 1);
  assert.equal(cache.current(1)?.references, 1);
  assert.equal(cache.misses, 0);
  assert.equal(cache.evictions, 0);
  assert.equal(decoder.malformed, 0);
  assert.ok(grownBytes < 2 << 20, `${grownBytes} bytes more than before`);
});
