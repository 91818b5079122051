/** Hooks are not only offered: they attach, run, and see exactly what happened. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import koffi from "koffi";

const object = fileURLToPath(new URL("../programs/attach.bpf.o", import.meta.url));
const forks = fileURLToPath(new URL("../workloads/forks", import.meta.url));
const programs = ["on_kprobe", "on_fentry", "on_lsm", "on_tp_btf"] as const;

// Not through guidestar's own binding: this is about the kernel alone.
const libbpf = koffi.load("libbpf.so.1");
const open = libbpf.func("void *bpf_object__open_file(const char *path, const void *options)");
const load = libbpf.func("int bpf_object__load(void *object)");
const findProgram = libbpf.func(
  "void *bpf_object__find_program_by_name(const void *object, const char *name)",
);
const attach = libbpf.func("void *bpf_program__attach(const void *program)");
const detach = libbpf.func("int bpf_link__destroy(void *link)");
const findMap = libbpf.func(
  "int bpf_object__find_map_fd_by_name(const void *object, const char *name)",
);
const lookUp = libbpf.func(
  "int bpf_map_lookup_elem(int map, const void *key, _Out_ uint8_t *value)",
);
const close = libbpf.func("void bpf_object__close(void *object)");

const opened = open(object, null);
const links: unknown[] = [];

before(() => {
  assert.equal(load(opened), 0);
  for (const name of programs) {
    const link = attach(findProgram(opened, name));
    assert.ok(link !== null, `${name} was not attached`);
    links.push(link);
  }
});

after(() => {
  for (const link of links) detach(link);
  close(opened);
});

test("kprobe, fentry and LSM programs attach and see every opening of a file", () => {
  const earlier = counts();
  for (let time = 0; time < 100; time++) closeSync(openSync("/etc/hosts", "r"));
  const later = counts();
  for (const name of ["on_kprobe", "on_fentry", "on_lsm"] as const) {
    const seen = later[name] - earlier[name];
    assert.ok(seen >= 100, `${name} saw ${seen} of 100`);
  }
});

test("a tracepoint program counts every fork of a workload", () => {
  const count = 500;
  const earlier = counts().on_tp_btf;
  const reaped = Number(execFileSync(forks, [String(count)], { encoding: "utf8" }));
  const seen = counts().on_tp_btf - earlier;
  assert.equal(reaped, count);
  // The workload's own start, and perhaps a thread of Node, come on top.
  assert.ok(seen > count && seen < count + 50, `saw ${seen} forks of ${count}`);
});

function counts(): Record<(typeof programs)[number], number> {
  const map = findMap(opened, "counts");
  const count = (index: number) => {
    const value = Buffer.alloc(8);
    assert.equal(lookUp(map, new Uint32Array([index]), value), 0);
    return Number(value.readBigUInt64LE());
  };
  return Object.fromEntries(programs.map((name, index) => [name, count(index)])) as ReturnType<
    typeof counts
  >;
}
