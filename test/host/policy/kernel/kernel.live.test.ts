/** Against this machine's kernel, of which only BTF is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelFacts } from "../../../../host/policy/kernel/kernelFacts.js";
import { check, goodPolicies, hook, problemsOf, resolve } from "../support.js";

const facts = kernelFacts();
const refused = (spec: string) => problemsOf(() => resolve(spec, facts));

test("the good policies are accepted, and nothing of them is unchecked but what only root may read", () => {
  for (const [name, yaml] of goodPolicies()) {
    for (const { spec, unchecked } of check(yaml, facts)) {
      assert.ok(spec.hooks.length > 0, name);
      for (const { message } of unchecked) assert.match(message, /tracefs/, name);
    }
  }
});

test("a function that does not exist gets the nearest that do", () => {
  assert.match(
    refused("kprobes: [{call: fd_instal}]").join(),
    /^3:20: spec\.kprobes\[0\]\.call: the kernel has no function "fd_instal" that can be watched \(did you mean "fd_install"/,
  );
  assert.match(
    refused("kprobes: [{call: sys_writ, syscall: true}]").join(),
    /no system call "sys_writ" on \w+ \(did you mean "write"\?\)/,
  );
  assert.match(
    refused("kprobes: [{call: sys_write, syscall: false}]").join(),
    /for the system call write syscall: true/,
  );
  assert.match(
    refused("lsmhooks: [{hook: file_opn}]").join(),
    /no security hook "file_opn" \(did you mean "file_open"\?\)/,
  );
  assert.match(
    refused("tracepoints: [{subsystem: sched, event: sched_process_exe, raw: true}]").join(),
    /no raw tracepoint "sched_process_exe" \(did you mean "sched_process_exec"\?\)/,
  );
});

test("system calls are known by any of their names", () => {
  const named = (call: string) => hook(`kprobes: [{call: ${call}}]`, facts);
  const { prefix } = facts.syscalls;
  for (const call of ["sys_write", "__x64_sys_write", "__arm64_sys_write"]) {
    const { target, functionName } = named(call);
    const number = facts.syscalls.numbers.get("write");
    assert.deepEqual(target, { kind: "syscall", name: "write", number });
    assert.equal(functionName, `${prefix}write`);
  }
  assert.equal(named("sys_uname").functionName, `${prefix}newuname`);
  assert.equal(named("sys_newuname").functionName, `${prefix}newuname`);
  assert.equal(hook("kprobes: [{call: write, syscall: true}]", facts).target.kind, "syscall");
  assert.equal(named("fd_install").target.kind, "function");
});

test("types are compared with the kernel's prototype, and both are named", () => {
  const argument = (call: string, index: number, type: string) =>
    refused(`kprobes: [{call: ${call}, args: [{index: ${index}, type: ${type}}]}]`).join();
  assert.match(
    argument("fd_install", 1, "sock"),
    /args\[0\]\.type: argument 1 of fd_install \(file\) is struct file \*, which cannot be read as sock: sock needs sock \*.*; file would do/,
  );
  assert.match(
    argument("fd_install", 1, "int"),
    /is struct file \*, which cannot be read as int: s32 needs an integer/,
  );
  assert.match(
    argument("fd_install", 0, "uint64"),
    /unsigned int, which cannot be read as uint64: u64 has 8 bytes/,
  );
  assert.match(
    argument("fd_install", 2, "int"),
    /fd_install has 2 arguments, counted from 0: unsigned int fd, struct file \*/,
  );
  assert.match(
    refused("kprobes: [{call: fd_install, return: true, returnArg: {type: int}}]").join(),
    /fd_install returns nothing/,
  );
});

test("auto takes the type from the prototype", () => {
  const { args, returned } = hook(
    "kprobes: [{call: vfs_read, return: true, args: [{index: 0}, {index: 1, sizeArgIndex: 3}, {index: 2, type: auto}], returnArg: {type: auto}}]",
    facts,
  );
  assert.deepEqual(
    args.map(({ type }) => type),
    ["file", "char_buf", "size_t"],
  );
  assert.deepEqual(args[1]?.length, { kind: "argument", index: 2 });
  assert.equal(returned?.type, "s64");
});

test("resolve follows members and pointers", () => {
  const argument = (resolve: string, type = "auto") =>
    hook(
      `kprobes: [{call: security_bprm_check, args: [{index: 0, type: ${type}, resolve: "${resolve}"}]}]`,
      facts,
    ).args[0];
  assert.ok("prototype" in (facts.function("security_bprm_check") ?? {}));
  const { btf } = facts;
  assert.ok("struct" in btf);
  const offset = (struct: string, member: string) =>
    btf.struct(struct).members[member]?.offset ?? -1;
  assert.deepEqual(argument("file.f_inode.i_ino")?.resolve, [
    { offset: offset("linux_binprm", "file"), dereference: true },
    { offset: offset("file", "f_inode"), dereference: true },
    { offset: offset("inode", "i_ino"), dereference: false },
  ]);
  assert.equal(argument("file.f_inode.i_ino")?.type, "u64");
  // A pointer is followed for what it points to, an embedded structure is there already.
  assert.deepEqual(argument("file")?.resolve.at(-1), {
    offset: offset("linux_binprm", "file"),
    dereference: true,
  });
  assert.equal(argument("file")?.type, "file");
  assert.deepEqual(argument("file.f_path", "path")?.resolve.at(-1)?.dereference, false);
  assert.deepEqual(argument("file", "uint64")?.resolve, [
    { offset: offset("linux_binprm", "file"), dereference: false },
  ]);
  const comm = argument("mm.owner.comm[2]", "uint8")?.resolve.at(-1);
  assert.deepEqual(comm, { offset: offset("task_struct", "comm") + 2, dereference: false });
});

test("a wrong member is refused with the nearest, so is a way that leads nowhere", () => {
  const wrong = (resolve: string) =>
    refused(
      `kprobes: [{call: security_bprm_check, args: [{index: 0, resolve: "${resolve}"}]}]`,
    ).join();
  assert.match(
    wrong("fil.f_inode"),
    /struct linux_binprm has no member "fil" \(did you mean "file"\?\)/,
  );
  assert.match(wrong("file.f_inode.i_ino.x"), /has no members, so there is no "x" in it/);
  assert.match(wrong("mm.owner.comm[99]"), /has 16 elements, there is no \[99\]/);
  assert.match(wrong("argc[0]"), /is no array/);
  assert.match(wrong("mm..owner"), /dot without a name/);
  assert.match(wrong("mm."), /ends without a member's name/);
  const many = Array(9).fill("real_parent").join(".");
  assert.match(wrong(`mm.owner.${many}.pid`), /follows \d+ pointers; 8 are the most/);
});

test("the task is there without any argument", () => {
  const { args } = hook(
    "kprobes: [{call: sys_getpid, data: [{source: current_task, resolve: real_parent.comm, type: string}]}]",
    facts,
  );
  assert.deepEqual(args[0]?.source, { kind: "currentTask" });
  assert.equal(args[0]?.resolve.length, 2);
  assert.match(
    refused("kprobes: [{call: sys_getpid, data: [{source: pt_regs, resolve: ax}]}]").join(),
    /does not support pt_regs/,
  );
});

test("Override is refused where it cannot work", () => {
  const override = (call: string) =>
    `kprobes: [{call: ${call}, selectors: [{matchActions: [{action: Override, argError: -1}]}]}]`;
  for (const call of ["sys_linkat", "security_inode_mkdir"]) resolve(override(call), facts);
  const known = { ...facts, btf: facts.btf, errorInjectable: () => new Set(["other"]) };
  assert.match(
    problemsOf(() => resolve(override("fd_install"), known)).join(),
    /Error override action can be used only with syscalls, .*: fd_install is not among them/,
  );
});

test("lists become a hook for each member, functions that are not there may be left out", () => {
  const spec = resolve(
    `lists: [{name: some, values: [fd_install, no_such_function]}, {name: opens, type: generated_syscalls, pattern: "^sys_open"}]
kprobes: [{call: "list:some", ignore: {callNotFound: true}}, {call: "list:opens"}]`,
    facts,
  ).spec;
  const names = spec.hooks.map(({ functionName }) => functionName);
  assert.ok(names.includes("fd_install") && names.includes(`${facts.syscalls.prefix}openat2`));
  assert.ok(!names.includes("no_such_function"));
  assert.match(
    refused('kprobes: [{call: "list:som"}]\nlists: [{name: some, values: [x]}]').join(),
    /there is no list "som" in this policy \(did you mean "some"\?\)/,
  );
  assert.match(
    refused("kprobes: [{call: no_such_function_at_all, ignore: {callNotFound: true}}]").join(),
    /could not be found: none of its functions exists/,
  );
});
