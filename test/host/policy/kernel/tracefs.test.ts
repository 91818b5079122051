import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isUnknown } from "../../../../host/policy/kernel/facts.js";
import { openTracefs, parseFormat } from "../../../../host/policy/kernel/tracefs.js";
import { hook, noFacts, problemsOf, resolve } from "../support.js";

const common = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

const sysEnterWrite = `name: sys_enter_write
ID: 715
format:
${common}
	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:unsigned int fd;	offset:16;	size:8;	signed:0;
	field:const char __user * buf;	offset:24;	size:8;	signed:0;
	field:size_t count;	offset:32;	size:8;	signed:0;

print fmt: "fd: 0x%08lx, buf: 0x%08lx, count: 0x%08lx", ((unsigned long)(REC->fd)), 1, 2
`;

const exec = `name: sched_process_exec
ID: 311
format:
${common}
	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:char comm[16];	offset:16;	size:16;	signed:0;
	field:unsigned long args[6];	offset:32;	size:48;	signed:0;
	field:bool ok;	offset:80;	size:1;	signed:0;
	field:struct sock * sk;	offset:88;	size:8;	signed:0;
	field:const void * place;	offset:96;	size:8;	signed:0;

print fmt: "filename=%s"
`;

/** A folder laid out as the kernel does it. */
function tree(): { readonly root: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "tracefs-"));
  for (const [place, text] of [
    ["syscalls/sys_enter_write", sysEnterWrite],
    ["sched/sched_process_exec", exec],
  ] as const) {
    mkdirSync(join(root, "events", place), { recursive: true });
    writeFileSync(join(root, "events", place, "format"), text);
  }
  writeFileSync(join(root, "available_filter_functions"), "vfs_read\nvfs_write [ext4]\n");
  return { root, remove: () => rmSync(root, { recursive: true }) };
}

function withTree(use: (facts: typeof noFacts) => void): void {
  const { root, remove } = tree();
  try {
    const tracefs = openTracefs([root]);
    assert.ok(!isUnknown(tracefs));
    assert.deepEqual([...(tracefs.functions() as Set<string>)], ["vfs_read", "vfs_write"]);
    use({ ...noFacts, tracepoint: tracefs.tracepoint, tracepointNames: tracefs.names });
  } finally {
    remove();
  }
}

const tracepoint = (place: string, args: string) => {
  const [subsystem, event] = place.split("/");
  return `tracepoints: [{subsystem: ${subsystem}, event: ${event}, args: [${args}]}]`;
};

test("a format file is read with all its fields, the common ones first", () => {
  const { id, fields } = parseFormat(exec);
  assert.equal(id, 311);
  assert.deepEqual(
    fields
      .map(({ name, type, offset, size, signed }) => [name, type, offset, size, signed])
      .slice(3),
    [
      ["common_pid", "int", 4, 4, true],
      ["filename", "__data_loc char[]", 8, 4, false],
      ["pid", "pid_t", 12, 4, true],
      ["comm", "char[16]", 16, 16, false],
      ["args", "unsigned long[6]", 32, 48, false],
      ["ok", "bool", 80, 1, false],
      ["sk", "struct sock *", 88, 8, false],
      ["place", "const void *", 96, 8, false],
    ],
  );
  assert.throws(() => parseFormat("nothing"), /no ID/);
});

test("types come from the format file", () => {
  withTree((facts) => {
    const types = (place: string, indexes: number[]) =>
      hook(tracepoint(place, indexes.map((index) => `{index: ${index}}`).join()), facts).args.map(
        ({ type, source }) => [type, source.kind === "field" && source.dataLoc],
      );
    assert.deepEqual(types("sched/sched_process_exec", [4, 5, 6, 8, 9]), [
      ["string", true],
      ["s32", false],
      ["string", false],
      ["bool", false],
      ["sock", false],
    ]);
    // The kernel keeps an int argument of a call in 8 bytes.
    assert.deepEqual(types("syscalls/sys_enter_write", [5, 6, 7]), [
      ["u64", false],
      ["string", false],
      ["size_t", false],
    ]);
  });
});

test("a buffer's size is another field, counted from 1", () => {
  withTree((facts) => {
    const { args, target } = hook(
      tracepoint("syscalls/sys_enter_write", "{index: 6, sizeArgIndex: 8}"),
      facts,
    );
    assert.deepEqual(target, {
      kind: "tracepoint",
      subsystem: "syscalls",
      event: "sys_enter_write",
      id: 715,
    });
    assert.equal(args[0]?.type, "char_buf");
    assert.equal(args[0]?.user, true);
    const field = { kind: "field", index: 7, offset: 32, size: 8, signed: false, dataLoc: false };
    assert.deepEqual(args[0]?.length, { kind: "argument", index: 7, field });
  });
});

test("unknown groups, events and fields, and types that do not fit, are refused", () => {
  withTree((facts) => {
    const refused = (place: string, args: string) =>
      problemsOf(() => resolve(tracepoint(place, args), facts)).join();
    assert.match(
      refused("shed/x", ""),
      /tracepoint shed\/x not supported: there is no group "shed" \(did you mean "sched"\?\)/,
    );
    assert.match(
      refused("sched/sched_process_exit", ""),
      /tracepoint sched\/sched_process_exit not supported: the group has no such event \(did you mean "sched_process_exec"\?\)/,
    );
    assert.match(
      refused("sched/sched_process_exec", "{index: 11}"),
      /has 11 fields but field 11 was requested: 0 common_type, /,
    );
    assert.match(
      refused("sched/sched_process_exec", "{index: 5, type: uint64}"),
      /is pid_t, which cannot be read as uint64/,
    );
    assert.match(
      refused("sched/sched_process_exec", "{index: 10}"),
      /const void \*, for which there is no type/,
    );
    assert.match(refused("sched/../sched", ""), /can be no name of a tracepoint/);
  });
});

test("without tracefs it is said how to get it", () => {
  const found = openTracefs(["/no/such/place"]);
  assert.ok(isUnknown(found));
  assert.match(found.unknown, /mount -t tracefs/);
});
