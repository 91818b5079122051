import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Btf, Kind } from "../../../../bpf/libbpf/index.js";
import type { ArgumentSpec, ArgumentType } from "../../../../host/policy/hookSpec.js";
import { type BaseSensor, loadBase } from "../../../../host/sensors/base.js";
import { loadHook } from "../../../../host/sensors/hook/loadHook.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { portable } from "../../../bpf/core/hook/harness.js";
import { argument, hookOn, syscallHook } from "../../../bpf/core/hook/specs.js";

const types: readonly ArgumentType[] = [
  ...(["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "size_t", "bool"] as const),
  ...(["syscall64", "capability", "cap_permitted", "cap_effective", "cap_inheritable"] as const),
  ...(["kernel_cap_t", "string", "filename", "net_device", "char_buf", "char_iovec"] as const),
  ...(["iov_iter", "fd", "file", "kiocb", "linux_binprm", "path", "dentry", "sock"] as const),
  ...(["socket", "skb", "sockaddr", "cred", "user_namespace", "bpf_attr", "bpf_prog"] as const),
  ...(["bpf_map", "perf_event", "module", "load_info", "nop"] as const),
];

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

const needsLength = new Set<ArgumentType>(["char_buf", "char_iovec"]);

function typed(index: number, type: ArgumentType, more: Partial<ArgumentSpec> = {}): ArgumentSpec {
  const length = needsLength.has(type) ? { length: { kind: "argument", index: 2 } as const } : {};
  return argument(index, type, { ...length, ...more });
}

const has = (struct: string): boolean => Btf.kernel().find(struct, Kind.STRUCT) !== undefined;
/** Kernels without modules lack it; what is said then has a test of its own. */
const lacking = (type: ArgumentType): boolean => type === "load_info" && !has("load_info");

describe("the kernel takes a hook", () => {
  for (const type of types.filter((each) => !lacking(each))) {
    test(`with five arguments of type ${type}`, () => {
      const target = { kind: "rawTracepoint", name: "task_rename" } as const;
      const args = [0, 1, 2, 3, 4].map((index) => typed(index, type, { user: index % 2 === 0 }));
      const hook = loadHook(hookOn(target, "task_rename", args), {
        hook: 1,
        maps,
        features: portable,
      });
      assert.equal(hook.mechanism, "raw_tracepoint");
      assert.ok(hook.attached);
      hook.close();
    });

    test(`that reports at return, with ${type} and as ${type}`, () => {
      const args = [0, 1, 2, 3, 4].map((index) => typed(index, type));
      const returned = typed(0, type, { source: { kind: "return" } });
      const hook = loadHook(syscallHook("lseek", args, { returned }), {
        hook: 2,
        maps,
        features: portable,
      });
      hook.close();
    });
  }
});
