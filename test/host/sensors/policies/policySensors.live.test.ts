/** Policies in this machine's kernel, scoped to a process that waits, without a daemon around them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parsePolicyDocument } from "../../../../host/policy/document/document.js";
import type { HookDescription } from "../../../../host/policy/hookSpec.js";
import { type BaseSensor, loadBase } from "../../../../host/sensors/base.js";
import { type LoadedHook, loadHook } from "../../../../host/sensors/hook/loadHook.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { PolicySensors } from "../../../../host/sensors/policies/policySensors.js";
import { PolicyTrees } from "../../../../host/sensors/policies/policyTrees.js";
import { StackTrees } from "../../../../host/stacks/stackTrees.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { portable } from "../../../bpf/core/hook/harness.js";

let gated: Gated;
let base: BaseSensor;
let maps: SharedHookMaps;

before(() => {
  gated = new Gated([workload("nop")]);
  base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid], spawned: true }, scan: false });
  maps = new SharedHookMaps(base);
});

after(() => {
  maps.close();
  base.close();
  gated.kill();
});

/** None of these policies has one. */
const noTrees = new PolicyTrees({
  commons: () => assert.fail("there is no tree"),
  stacks: new StackTrees({ workerData: () => assert.fail("there is no tree") }),
});

/** What works on every kernel that tests run on; functions can be hooked on some only. */
function sensors() {
  const known = new Map<number, HookDescription>();
  const loaded: LoadedHook[] = [];
  let number = 0;
  const policies = new PolicySensors({
    hostNamespaces: base.hostNamespaces,
    countTime: false,
    podsKnown: true,
    trees: noTrees,
    loader: {
      port: {
        define: async (hooks) => {
          for (const each of hooks) known.set(each.hook, each);
        },
        forget: async (hooks) => {
          for (const each of hooks) assert.ok(known.delete(each), `${each} was known`);
        },
      },
      nextHook: () => ++number,
      load(hook, spec) {
        assert.ok(known.has(hook), "what the kernel may tell of is known before");
        const one = loadHook(spec, { hook, maps, features: portable, attach: false });
        loaded.push(one);
        return one;
      },
    },
  });
  return { policies, known, loaded };
}

const document = (name: string, calls: readonly string[]) =>
  parsePolicyDocument(
    `metadata: {name: ${name}}\nspec:\n  kprobes:\n${calls.map((call) => `  - {call: ${call}}\n`).join("")}`,
  );

test("a policy of which one hook is refused is not there at all, and its name is free", async () => {
  const { policies, known, loaded } = sensors();
  const refused = document("files", ["sys_chdir", "sys_fchdir", "fd_install"]);
  await assert.rejects(policies.add(refused), /fd_install/);
  assert.deepEqual([await policies.list(), known.size], [[], 0]);
  assert.equal(loaded.length, 2);
  for (const hook of loaded) assert.ok(!hook.attached);
  await policies.add(document("files", ["sys_chdir"]));
  assert.deepEqual(await policies.list(), [{ name: "files", enabled: true }]);
  await policies.close();
  assert.equal(known.size, 0);
});

test("nothing is loaded of a policy that the kernel contradicts, or that cannot be checked", async () => {
  const { policies, loaded } = sensors();
  await assert.rejects(policies.add(document("files", ["sys_chdir", "sys_chdri"])), {
    code: "INVALID_ARGUMENT",
    message:
      /^policy, line 5, column 12: spec\.kprobes\[1\]\.call: there is no system call "sys_chdri"/,
  });
  assert.equal(loaded.length, 0);
});

test("what is disabled is detached and freed, what is enabled again is new to the kernel", async () => {
  const { policies, known, loaded } = sensors();
  await policies.add(document("files", ["sys_chdir", "sys_fchdir"]));
  assert.deepEqual([...known.keys()], [1, 2]);
  assert.ok(loaded.every(({ attached }) => attached));
  await policies.disable("files");
  assert.ok(loaded.every(({ attached }) => !attached));
  assert.equal(known.size, 0);
  await policies.enable("files");
  assert.deepEqual([...known.keys()], [3, 4]);
  const [status] = policies.status();
  assert.deepEqual(
    status?.hooks.map(({ mechanism }) => mechanism),
    ["sys_enter", "sys_enter"],
  );
  await policies.delete("files");
  assert.deepEqual([policies.status(), known.size], [[], 0]);
});

test("a setting that needs other programs puts them in place of the old ones", async () => {
  const { policies, known, loaded } = sensors();
  await policies.add(document("files", ["sys_chdir"]));
  await policies.setConfig("files", "rate-limit", "5s");
  assert.deepEqual(
    loaded.map(({ attached }) => attached),
    [false, true],
  );
  assert.deepEqual([...known.keys()], [2]);
  await policies.setConfig("files", "rate-limit", "5s");
  assert.equal(loaded.length, 2, "nothing was changed by what holds already");
  assert.equal(await policies.getConfig("files", "rate-limit"), "5s");
  await policies.close();
});

test("a policy for certain pods is told as such, and may do nothing to processes", async () => {
  const { policies, known } = sensors();
  const spec = (action: string) => `metadata: {name: pods}
spec:
  podSelector: {matchLabels: {app: web}}
  containerSelector: {matchExpressions: [{key: name, operator: Exists}]}
  kprobes: [{call: sys_chdir, selectors: [{matchActions: [{action: ${action}}]}]}]`;
  await assert.rejects(policies.add(parsePolicyDocument(spec("Sigkill"))), {
    code: "UNIMPLEMENTED",
    message: /policy pods is for certain pods and has Sigkill, Signal or Override/,
  });
  await policies.add(parsePolicyDocument(spec("Post")));
  assert.deepEqual([...known.values()][0]?.pods, {
    pod: [{ key: "app", operator: "In", values: ["web"] }],
    container: [{ key: "name", operator: "Exists", values: [] }],
  });
  await policies.close();
  assert.throws(
    () => parsePolicyDocument(spec("Post").replace("key: name", "key: nam")),
    /spec\.containerSelector: "nam" is none of name, image, repo \(did you mean "name"\?\)/,
  );
});
