import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./support/run.js";

// A system call needs nothing of the kernel to be checked.
const good = `apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: NAME
spec:
  kprobes:
  - call: sys_write
    syscall: true
    args:
    - {index: 0, type: int}
`;
const named = (name: string) => good.replace("NAME", name);

test("files with good policies are told one by one, with exit code 0", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "validate-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [one, two] = [join(folder, "one.yaml"), join(folder, "two.yaml")];
  writeFileSync(one, named("a"));
  writeFileSync(two, `${named("b")}---\n${named("c")}`);
  const { code, stdout, stderr } = await run(["tracingpolicy", "validate", one, two]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    `${one}: a: 1 hook, no errors\n${two}: b: 1 hook, no errors\n${two}: c: 1 hook, no errors\n`,
  );
});

test("each error has its place; the others are looked at all the same; exit code 1", async () => {
  const broken = `${named("a").replace("type: int", "type: imt")}---\n${named("a")}---\n${named("a")}`;
  const wrongType = await run(["tp", "validate", "-"], { stdin: broken });
  assert.deepEqual([wrongType.code, wrongType.stdout], [1, ""]);
  assert.match(
    wrongType.stderr,
    /^standard input:10:24: spec\.kprobes\[0\]\.args\[0\]\.type: "imt" is none of .* \(did you mean "int"\?\)\n$/,
  );
  const unknown = `${named("a").replace("sys_write", "sys_wrote")}---\n${named("a")}`;
  const { code, stdout, stderr } = await run(["tp", "validate", "-"], { stdin: unknown });
  assert.equal(code, 1);
  assert.equal(stdout, "standard input: a: 1 hook, no errors\n");
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 2);
  assert.match(
    lines.join(),
    /:7:11: spec\.kprobes\[0\]\.call: there is no system call "sys_wrote"/,
  );
  assert.match(lines.join(), /sensor a already exists: another policy before has this name/);
});

test("a file that is not there is a usage error", async () => {
  const { code, stderr } = await run(["tracingpolicy", "validate", "/no/such.yaml"]);
  assert.deepEqual(
    [code, stderr],
    [2, "guidestar: cannot read /no/such.yaml: there is no such file\n"],
  );
});
