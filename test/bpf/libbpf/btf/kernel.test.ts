import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { BpfObject, Btf, Kind } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const skip = !existsSync("/sys/kernel/btf/vmlinux") && "this kernel has no BTF";

test("offsets in kernel structs are those that libbpf relocates to", { skip }, () => {
  const object = BpfObject.open(program("core")).load();
  try {
    const task = Btf.kernel().struct("task_struct");
    const run = (name: string): number => object.program(name).testRun().returned;
    assert.equal(task.members.pid?.offset, run("offset_pid"));
    assert.equal(task.members.comm?.offset, run("offset_comm"));
    assert.equal(task.members.real_parent?.offset, run("offset_real_parent"));
    assert.equal(task.size, run("size_task"));
  } finally {
    object.close();
  }
});

test("kernel functions have prototypes", { skip }, () => {
  const found = Btf.kernel().function("vfs_read");
  assert.deepEqual(
    found?.parameters.map(({ type }) => type),
    ["struct file *", "char *", "size_t", "loff_t *"],
  );
  assert.equal(found?.returns, "ssize_t");
});

test("names are listed by prefix and kind", { skip }, () => {
  const names = [...Btf.kernel().names("btf_trace_sched_process_e", Kind.TYPEDEF)].sort();
  assert.ok(names.includes("btf_trace_sched_process_exec"), names.join());
  assert.ok(names.includes("btf_trace_sched_process_exit"), names.join());
  assert.ok(names.every((name) => name.startsWith("btf_trace_sched_process_e")));
});

test("every type of the kernel can be decoded", { skip }, () => {
  const btf = Btf.kernel();
  let structs = 0;
  for (let id = 1; id <= btf.typeCount; id += 31) {
    const type = btf.type(id);
    assert.equal(type.id, id);
    btf.text(id);
    if (type.kind === Kind.STRUCT || type.kind === Kind.UNION) {
      btf.struct(id);
      structs++;
    }
  }
  assert.ok(structs > 100);
});

test("a kernel struct is found fast enough to be asked on the way", { skip }, () => {
  const start = performance.now();
  new Btf(Buffer.from(Btf.kernel().bytes)).struct("task_struct");
  // Usually 20 ms; the bound leaves room for a busy machine.
  assert.ok(performance.now() - start < 500);
});

test("a module's BTF builds on the kernel's", { skip }, (t) => {
  const module = readdirSync("/sys/kernel/btf").find((name) => name !== "vmlinux");
  if (!module) return t.skip("no module with BTF is loaded");
  const btf = Btf.module(module);
  assert.ok(btf.typeCount > Btf.kernel().typeCount);
  assert.equal(btf.struct("task_struct").size, Btf.kernel().struct("task_struct").size);
  for (let id = Btf.kernel().typeCount + 1; id <= btf.typeCount; id++) btf.text(id);
});

test("a module that is not there is named", { skip }, () => {
  assert.throws(() => Btf.module("no_such_module"), {
    code: "NO_BTF",
    message: /no BTF for the kernel module "no_such_module"/,
  });
});
