import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder } from "../../../host/events/decoder.js";
import { type Event, EventType, type ExitEvent } from "../../../host/events/model.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";

const layout = headerLayout();
const make = new RecordMaker(layout);

function newDecoder(
  capacity = 100,
  lookUp?: (pid: number, keyNs: bigint) => Uint8Array | undefined,
) {
  const cache = new ProcessCache(capacity);
  const decoder = new Decoder({ layout, cache, nodeName: "node", bootToWallNs: 1_000n, lookUp });
  const decode = (record: Buffer): Event | undefined => {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    return decoder.decode(record, view, 0, record.length);
  };
  return { cache, decoder, decode };
}

const bash = { "header.pid": 10, "header.key_ns": 100, "header.time_ns": 100, uid: 1000, auid: 5 };
const bashStrings = { binary: "/bin/bash", cwd: "/home", argv: ["bash", "-i"] };

test("an exec record becomes an exec event with its process", () => {
  const { decode } = newDecoder();
  const event = decode(make.exec({ ...bash, flags: make.flags("GS_FLAG_EXECVE") }, bashStrings));
  assert.equal(event?.type, EventType.EXEC);
  assert.equal(event.timeNs, 1_100n);
  const { execId, pid, uid, auid, binary, cwd, flags } = event.process;
  assert.deepEqual(
    { execId, pid, uid, auid, binary, cwd, flags, arguments: event.process.arguments },
    {
      execId: Buffer.from("node:100:10").toString("base64"),
      pid: 10,
      uid: 1000,
      auid: 5,
      binary: "/bin/bash",
      cwd: "/home",
      flags: "execve",
      arguments: "-i",
    },
  );
});

test("a fork makes no event, and the exec that follows has the creator as parent", () => {
  const { decode } = newDecoder();
  decode(make.exec(bash, bashStrings));
  const fork = { "header.pid": 11, "header.key_ns": 200, "parent.pid": 10, "parent.key_ns": 100 };
  assert.equal(decode(make.fork(fork)), undefined);
  const event = decode(
    make.exec(
      {
        "header.pid": 11,
        "header.key_ns": 300,
        previous_key_ns: 200,
        "parent.pid": 10,
        "parent.key_ns": 100,
        flags: make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE"),
      },
      { binary: "/bin/ls" },
    ),
  );
  assert.equal(event?.process.flags, "execve clone");
  assert.equal(event?.parent?.binary, "/bin/bash");
});

test("an exec without a fork has the replaced instance as parent", () => {
  const { decode } = newDecoder();
  decode(make.exec(bash, bashStrings));
  const event = decode(
    make.exec(
      { "header.pid": 10, "header.key_ns": 300, previous_key_ns: 100 },
      { binary: "/bin/ls" },
    ),
  );
  assert.equal(event?.parent?.execId, Buffer.from("node:100:10").toString("base64"));
});

test("a process that never exec'd ends as a copy of its parent under its own exec_id", () => {
  const { decode, cache } = newDecoder();
  decode(make.exec({ ...bash, flags: make.flags("GS_FLAG_EXECVE") }, bashStrings));
  decode(
    make.fork({ "header.pid": 11, "header.key_ns": 200, "parent.pid": 10, "parent.key_ns": 100 }),
  );
  const exit = decode(make.exit({ "header.pid": 11, "header.key_ns": 200, code: 3 << 8 }));
  assert.equal(exit?.process.binary, "/bin/bash");
  assert.equal(exit?.process.flags, "execve clone");
  assert.equal(exit?.process.execId, Buffer.from("node:200:11").toString("base64"));
  assert.equal(exit?.parent?.pid, 10);
  assert.equal((exit as ExitEvent).status, 3);
  assert.equal(cache.size, 1);
});

test("an exit tells status or signal, and the core-dump bit does not hide the signal", () => {
  const exitOf = (code: number) => {
    const { decode } = newDecoder();
    decode(make.exec(bash, bashStrings));
    const event = decode(make.exit({ "header.pid": 10, "header.key_ns": 100, code })) as ExitEvent;
    return [event.status, event.signal];
  };
  assert.deepEqual(exitOf(0), [0, ""]);
  assert.deepEqual(exitOf(226 << 8), [226, ""]);
  assert.deepEqual(exitOf(9), [0, "SIGKILL"]);
  assert.deepEqual(exitOf(11 | 0x80), [0, "SIGSEGV"]);
  assert.deepEqual(exitOf(34), [0, "SIGRTMIN+2"]);
});

test("a process never heard of has only pid and start time, and counts as a miss", () => {
  const { decode, cache } = newDecoder();
  const event = decode(make.exit({ "header.pid": 77, "header.key_ns": 7 }));
  assert.equal(event?.process.pid, 77);
  assert.equal(event?.process.startTimeNs, 1_007n);
  assert.equal(event?.process.uid, undefined);
  assert.equal(event?.process.binary, "");
  assert.equal(event?.parent, undefined);
  assert.equal(cache.misses, 1);
});

test("a relative binary is joined to the directory it was started in", () => {
  const { decode } = newDecoder();
  const event = decode(make.exec(bash, { binary: "./tool", cwd: "/opt/app" }));
  assert.equal(event?.process.binary, "/opt/app/tool");
});

test("long arguments come whole from their pieces", () => {
  const { decode } = newDecoder();
  const argv = ["sh", "x".repeat(40_000), "end"];
  const area = Buffer.from(argv.map((argument) => `${argument}\0`).join(""));
  const [first, second, rest] = [
    area.subarray(0, 16384),
    area.subarray(16384, 32768),
    area.subarray(32768),
  ];
  const header = { "header.pid": 10, "header.key_ns": 100, "header.cpu": 3 };
  decode(make.args({ ...header, offset: 0 }, first));
  decode(make.args({ ...header, offset: 16384 }, second));
  const exec = make.make(
    "gs_exec",
    "GS_RECORD_EXEC",
    { ...header, binary_size: 7, args_size: rest.length, args_spilled: 32768 },
    Buffer.concat([Buffer.from("/bin/sh"), rest]),
  );
  const event = decode(exec);
  assert.equal(event?.process.arguments, `${"x".repeat(40_000)} end`);
  assert.equal(event?.process.flags, "");
});

test("arguments of which a piece was lost are flagged, not made up", () => {
  const { decode } = newDecoder();
  const header = { "header.pid": 10, "header.key_ns": 100 };
  decode(make.args({ ...header, offset: 8 }, Buffer.from("abcdefgh")));
  const event = decode(make.exec({ ...header, args_spilled: 16 }, { binary: "/x", argv: ["x"] }));
  assert.equal(event?.process.arguments, "");
  assert.equal(event?.process.flags, "truncArgs");
});

test("a process outside the scope is known to its children and makes no event", () => {
  const { decode } = newDecoder();
  const process = make.exec(bash, bashStrings);
  process.writeUInt16LE(layout.enums.gs_record_type?.GS_RECORD_PROCESS ?? 0, 4);
  assert.equal(decode(process), undefined);
  const child = { "header.pid": 11, "header.key_ns": 200, "parent.pid": 10, "parent.key_ns": 100 };
  const event = decode(make.exec({ ...child, flags: make.flags("GS_FLAG_CLONE") }));
  assert.equal(event?.parent?.binary, "/bin/bash");
});

test("records that make no sense are counted and make no event", () => {
  const { decode, decoder } = newDecoder();
  const short = make.exit({ "header.pid": 1 }).subarray(0, 16);
  assert.equal(decode(short), undefined);
  assert.equal(decode(make.exit({ "header.type": 99 })), undefined);
  assert.equal(decode(make.exec({ ...bash, binary_size: 5000 })), undefined);
  assert.equal(decoder.malformed, 3);
});

test("a parent counts its living children and itself", () => {
  const { decode, cache } = newDecoder();
  decode(make.exec(bash, bashStrings));
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  decode(make.fork({ "header.pid": 11, "header.key_ns": 200, ...parent }));
  decode(make.fork({ "header.pid": 12, "header.key_ns": 201, ...parent }));
  assert.equal(cache.current(10)?.references, 3);
  decode(make.exit({ "header.pid": 11, "header.key_ns": 200, ...parent }));
  assert.equal(cache.current(10)?.references, 2);
  decode(
    make.exec({
      "header.pid": 12,
      "header.key_ns": 300,
      previous_key_ns: 201,
      ...parent,
      flags: make.flags("GS_FLAG_CLONE"),
    }),
  );
  assert.equal(cache.current(10)?.references, 2);
  decode(make.exit({ "header.pid": 12, "header.key_ns": 300, ...parent }));
  assert.equal(cache.current(10)?.references, 1);
});

test("a process that execs itself for ever does not keep all it ever was", () => {
  const { decode, cache } = newDecoder();
  for (let i = 1; i <= 5000; i++)
    decode(make.exec({ "header.pid": 10, "header.key_ns": i, previous_key_ns: i - 1 }));
  let ancestors = 0;
  for (let p = cache.current(10)?.parent; p; p = p.parent) ancestors++;
  assert.ok(ancestors >= 256 && ancestors <= 512, `${ancestors} ancestors`);
  assert.equal(cache.size, 1);
});

test("a full cache pushes out the oldest and counts it", () => {
  const { decode, cache } = newDecoder(3);
  for (let pid = 1; pid <= 5; pid++) decode(make.exec({ "header.pid": pid, "header.key_ns": pid }));
  assert.equal(cache.size, 3);
  assert.equal(cache.evictions, 2);
  assert.equal(cache.current(1), undefined);
  assert.ok(cache.current(5));
});

test("the init process of another pid namespace and all that descends from it are in its tree", () => {
  const { decode, cache } = newDecoder();
  const key = (pid: number) => ({ "header.pid": pid, "header.key_ns": pid });
  const by = (pid: number) => ({ "parent.pid": pid, "parent.key_ns": pid });
  const isIn = (pid: number) => cache.find(pid, BigInt(pid))?.inInitTree;
  decode(make.exec({ ...key(1), ns_pid: 1 }, { binary: "/sbin/init" }));
  decode(make.exec({ ...key(20), ...by(1), ns_pid: 20 }, { binary: "/usr/bin/shim" }));
  // The shim's child is the first of a new namespace, and what it starts is numbered there.
  decode(make.fork({ ...key(21), ...by(20), ns_pid: 1 }));
  decode(make.fork({ ...key(22), ...by(21), ns_pid: 2 }));
  decode(make.exec({ ...key(23), ...by(22), ns_pid: 3 }, { binary: "/bin/sh" }));
  // Into the container from outside.
  decode(make.exec({ ...key(24), ...by(20), ns_pid: 9 }, { binary: "/bin/sh" }));
  assert.deepEqual([1, 20, 24].map(isIn), [false, false, false]);
  assert.deepEqual([21, 22, 23].map(isIn), [true, true, true]);
  assert.equal(cache.find(23, 23n)?.nsPid, 3);
  assert.equal(cache.find(21, 21n)?.nsPid, 1);
});

test("a process stays in the tree of its init process when its line of ancestors is cut", () => {
  const { decode } = newDecoder(2000);
  let last: Event | undefined;
  for (let i = 1; i <= 1000; i++) {
    const values = { "header.pid": 500, "header.key_ns": i, previous_key_ns: i - 1 };
    last = decode(make.exec({ ...values, ns_pid: 1 }, { binary: "/bin/loop" }));
  }
  const child = { "header.pid": 501, "header.key_ns": 5000, ns_pid: 2 };
  const parent = { "parent.pid": 500, "parent.key_ns": 1000 };
  assert.equal(last?.process.inInitTree, true);
  assert.equal(decode(make.exec({ ...child, ...parent }))?.process.inInitTree, true);
});

test("an exec whose creator has ended keeps it as its parent", () => {
  const { decode, cache } = newDecoder();
  decode(make.exec(bash, bashStrings));
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  decode(make.fork({ "header.pid": 11, "header.key_ns": 200, ...parent }));
  decode(make.exit({ "header.pid": 10, "header.key_ns": 100 }));
  assert.equal(cache.size, 1);
  const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  const exec = { "header.pid": 11, "header.key_ns": 300, previous_key_ns: 200, ...parent, flags };
  const event = decode(make.exec(exec));
  assert.equal(event?.parent?.binary, "/bin/bash");
  assert.equal(event?.process.flags, "execve clone");
});

test("an exec whose parent nobody knows says miss, and one without a parent does not", () => {
  const { decode } = newDecoder();
  const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  const orphan = decode(make.exec({ ...bash, "parent.pid": 9, "parent.key_ns": 5, flags }));
  assert.equal(orphan?.process.flags, "execve miss clone");
  assert.equal(orphan?.parent, undefined);
  const root = decode(make.exec({ "header.pid": 12, "header.key_ns": 7, flags }));
  assert.equal(root?.process.flags, "execve clone");
});

test("the end of a process nobody knows says unknown, and so does that of its child", () => {
  const { decode } = newDecoder();
  const parent = { "parent.pid": 77, "parent.key_ns": 7 };
  decode(make.fork({ "header.pid": 78, "header.key_ns": 8, ...parent }));
  assert.equal(
    decode(make.exit({ "header.pid": 78, "header.key_ns": 8, ...parent }))?.process.flags,
    "unknown clone",
  );
  assert.equal(
    decode(make.exit({ "header.pid": 77, "header.key_ns": 7 }))?.process.flags,
    "unknown",
  );
});

test("a parent whose records were lost is asked for once, and flagged as what it is", () => {
  const asked: number[] = [];
  const lost = make.exec({ ...bash, flags: make.flags("GS_FLAG_PROCFS") }, bashStrings);
  const { decode, decoder } = newDecoder(100, (pid) => {
    asked.push(pid);
    return pid === 10 ? lost : undefined;
  });
  const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  for (const pid of [11, 12]) {
    const parent = { "parent.pid": 10, "parent.key_ns": 100 };
    const event = decode(make.exec({ "header.pid": pid, "header.key_ns": pid, ...parent, flags }));
    assert.equal(event?.parent?.binary, "/bin/bash");
    assert.equal(event?.parent?.flags, "procFS");
    assert.equal(event?.process.flags, "execve clone");
  }
  assert.deepEqual(asked, [10]);
  assert.equal(decoder.completed, 1);
});

test("a full cache passes over what has living children", () => {
  const { decode, cache } = newDecoder(3);
  decode(make.exec(bash, bashStrings));
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  for (let pid = 11; pid <= 30; pid++)
    decode(make.fork({ "header.pid": pid, "header.key_ns": pid, ...parent }));
  assert.ok(cache.current(10), "the shell that all of them come from");
  assert.equal(cache.size, 3);
  assert.equal(cache.evictions, 18);
});

test("1,000,000 short processes leave the cache where it was", () => {
  const { decode, cache } = newDecoder(65_536);
  decode(make.exec(bash, bashStrings));
  const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  const fork = make.fork(parent);
  const exec = make.exec({ ...parent, flags }, { binary: "/bin/true", cwd: "/", argv: ["true"] });
  const exit = make.exit(parent);
  const at = layout.structs.gs_header?.fields;
  const name = (record: Buffer, pid: number, keyNs: number) => {
    record.writeUInt32LE(pid, at?.pid?.offset);
    record.writeBigUInt64LE(BigInt(keyNs), at?.key_ns?.offset);
  };
  const previous = layout.structs.gs_exec?.fields.previous_key_ns?.offset;
  for (let i = 0; i < 1_000_000; i++) {
    const pid = 100 + (i % 30_000);
    const forkedNs = 1000 + 2 * i;
    name(fork, pid, forkedNs);
    decode(fork);
    name(exec, pid, forkedNs + 1);
    exec.writeBigUInt64LE(BigInt(forkedNs), previous);
    decode(exec);
    name(exit, pid, forkedNs + 1);
    decode(exit);
  }
  assert.equal(cache.size, 1);
  assert.equal(cache.current(10)?.references, 1);
  assert.equal(cache.evictions, 0);
  assert.equal(cache.misses, 0);
});

test("interpreter, file and ids come from the record", () => {
  const { decode } = newDecoder();
  const parts = ["/dev/fd/3", "/bin/sh", "/srv", "", "/srv/run"];
  const sizes = [
    "binary_size",
    "interpreter_size",
    "cwd_size",
    "cgroup_name_size",
    "file_path_size",
  ];
  const record = make.make(
    "gs_exec",
    "GS_RECORD_EXEC",
    {
      ...bash,
      ...Object.fromEntries(sizes.map((size, i) => [size, parts[i]?.length ?? 0])),
      inode: 77,
      links: 0,
      mode: 0o100755,
      file_flags: layout.enums.gs_file_flag?.GS_FILE_SCRIPT ?? 0,
      euid: 3,
      gid: 4,
      egid: 5,
      ns_pid: 6,
    },
    Buffer.from(parts.join("")),
  );
  const { interpreter, file, euid, gid, egid, nsPid } = decode(record)?.process ?? {};
  assert.deepEqual(
    { interpreter, euid, gid, egid, nsPid },
    { interpreter: "/bin/sh", euid: 3, gid: 4, egid: 5, nsPid: 6 },
  );
  assert.equal(file?.path, "/srv/run");
  assert.equal(file?.script, true);
  assert.equal(file?.deleted, true);
});

test("a pid that is used again before its end was seen leaves its parent counted right", () => {
  const { cache, decode } = newDecoder();
  decode(make.exec(bash, bashStrings));
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  for (const key of [200, 300, 400]) {
    decode(make.fork({ "header.pid": 11, "header.key_ns": key, ...parent }));
    assert.equal(cache.current(10)?.references, 2);
  }
  decode(make.exit({ "header.pid": 11, "header.key_ns": 400, ...parent }));
  assert.equal(cache.current(10)?.references, 1);
});

test("a process that was evicted holds its parent no longer, nor does its end", () => {
  const { cache, decode } = newDecoder(2);
  decode(make.exec(bash, bashStrings));
  const shell = cache.current(10);
  const parent = { "parent.pid": 10, "parent.key_ns": 100 };
  for (const pid of [11, 12, 13])
    decode(make.fork({ "header.pid": pid, "header.key_ns": 200, ...parent }));
  assert.equal(cache.evictions, 2);
  assert.equal(shell?.references, 2, "itself, and the one that is still known");
  for (const pid of [11, 12, 13])
    decode(make.exit({ "header.pid": pid, "header.key_ns": 200, ...parent }));
  assert.equal(shell?.references, 1);
});
