import assert from "node:assert/strict";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { before, describe, test } from "node:test";
import type { ArgumentSpec } from "../../../../host/policy/hookSpec.js";
import { workload } from "../harness.js";
import { type HookArgument, intOf, pathOf, structOf, textOf } from "./decode.js";
import { type HookRun, runHooked } from "./harness.js";
import { argument, hookOn, ofTask, resolved, syscallHook, userArgument } from "./specs.js";

const calls = workload("calls");

/** What a hook makes of these arguments, when the task makes its one call. */
async function at(args: readonly ArgumentSpec[], command: readonly string[] = ["getpid"]) {
  const name = command.at(command.lastIndexOf(",") + 1) as Parameters<typeof syscallHook>[0];
  const run = await runHooked([calls, ...command], [syscallHook(name, args)]);
  const record = run.records.at(-1);
  assert.ok(record, "nothing was reported");
  return { run, args: record.args, btf: run.btf };
}

const modeOf = ({ payload }: HookArgument): number => payload.readUInt32LE(4);
const flagsOf = ({ payload }: HookArgument): number => payload.readUInt32LE(0);

describe("what resolve leads to", () => {
  test("is an integer of its own width", async () => {
    const { run, args } = await at([
      ofTask("tgid", "s32"),
      ofTask("real_parent*.tgid", "u32"),
      ofTask("cred*.uid.val", "u64"),
      ofTask("exit_signal", "s8"),
    ]);
    assert.deepEqual(args.slice(0, 2).map(intOf), [BigInt(run.rootPid), BigInt(process.pid)]);
    assert.equal((args[2] && intOf(args[2])) ?? 0n, BigInt(process.getgid?.() ?? 0) << 32n);
    assert.deepEqual(args.slice(3).map(intOf), [17n]);
  });

  test("is a string inside a struct", async () => {
    const { args } = await at([ofTask("comm", "string"), ofTask("comm", "string", { maxData: 3 })]);
    assert.deepEqual(args.map(textOf), ["calls", "cal"]);
  });

  test("has an error where a pointer on the way is NULL", async () => {
    const { args } = await at([
      ofTask("io_context*.refcount.counter", "u64"),
      ofTask("io_context*", "cred"),
      ofTask("io_context*", "file"),
      ofTask("io_context*", "sock"),
    ]);
    assert.deepEqual(
      args.map(({ kind, error }) => [kind, error]),
      ["INT", "CRED", "PATH", "SOCK"].map((kind) => [kind, "NULL"]),
    );
  });

  test("has an error where it leads to no memory", async () => {
    const source = { kind: "argument", index: 0 } as const;
    const kinds = ["cred", "file", "path", "dentry", "sock"] as const;
    const { args } = await at(
      kinds.map((type) => argument(0, type, { source })),
      ["lseek", "0x1000", "0", "0"],
    );
    assert.deepEqual(
      args.map(({ error }) => error),
      kinds.map(() => "FAULT"),
    );
  });
});

describe("the credentials of a task", () => {
  test("are those that /proc shows", async () => {
    const { args, btf } = await at([
      ofTask("cred*", "cred"),
      ofTask("cred*.user_ns*", "user_namespace"),
      ofTask("cred*.cap_effective", "cap_effective"),
      ofTask("cred*.cap_inheritable", "kernel_cap_t"),
    ]);
    const status = readFileSync("/proc/self/status", "utf8");
    const set = (name: string) =>
      BigInt(`0x${new RegExp(`^Cap${name}:\\s*(\\w+)`, "m").exec(status)?.[1]}`);
    const [cred, space, effective, inheritable] = args as [
      HookArgument,
      HookArgument,
      HookArgument,
      HookArgument,
    ];
    const ids = structOf(btf, "gs_cred", cred);
    assert.equal(ids.uid, BigInt(process.getuid?.() ?? 0));
    assert.equal(ids.fsgid, BigInt(process.getegid?.() ?? 0));
    assert.equal(ids.cap_effective, set("Eff"));
    assert.equal(ids.cap_permitted, set("Prm"));
    assert.equal(ids.user_ns, statSync("/proc/self/ns/user", { bigint: true }).ino);
    assert.equal(structOf(btf, "gs_user_ns", space).ns, ids.user_ns);
    assert.equal(structOf(btf, "gs_user_ns", space).level, 0n);
    assert.equal(BigInt.asUintN(64, intOf(effective)), set("Eff"));
    assert.equal(BigInt.asUintN(64, intOf(inheritable)), set("Inh"));
  });
});

describe("a file", () => {
  test("is told by its path and mode, from whatever leads to it", async () => {
    const { args } = await at([
      ofTask("mm*.exe_file*", "file"),
      ofTask("fs*.pwd", "path"),
      ofTask("fs*.pwd.dentry*", "dentry"),
    ]);
    const here = realpathSync(process.cwd());
    assert.deepEqual(args.slice(0, 2).map(pathOf), [realpathSync(calls), here]);
    assert.equal(args[0] && modeOf(args[0]), statSync(calls).mode);
    assert.equal(args[1] && modeOf(args[1]), statSync(here).mode);
    assert.deepEqual(args.slice(0, 2).map(flagsOf), [0, 0]);
    // Without its mount, a path is that in its own file system.
    assert.ok(args[2] && here.endsWith(pathOf(args[2])));
    assert.equal(args[2] && flagsOf(args[2]), 1);
  });

  describe("told by its descriptor", () => {
    let run: HookRun;
    const unopened = ["77", "-1", "-100", "0x7fffffff", "100000"];
    before(async () => {
      const seeks = ["%0", "%1", "%2", ...unopened].map((fd) => [",", "lseek", fd, "0", "0"]);
      run = await runHooked(
        [
          ...[calls, "openat", "-100", "/proc/self/comm", "0", "0"],
          ...[",", "memfd_create", "secret", "0", ",", "socket", "1", "1", "0", ...seeks.flat()],
        ],
        [syscallHook("lseek", [argument(0, "fd")])],
      );
    });
    const nth = (index: number) => run.records.at(index - 3 - unopened.length)?.args ?? [];

    test("has its path and mode", () => {
      assert.deepEqual(nth(0).map(pathOf), [`/proc/${run.rootPid}/comm`]);
      assert.deepEqual(nth(0).map(modeOf), [0o100644]);
    });

    test("that no directory has is told by its kind or its name", () => {
      assert.deepEqual(nth(1).map(pathOf), ["/memfd:secret"]);
      assert.deepEqual(nth(2).map(modeOf), [0o140777]);
    });

    for (const [index, fd] of unopened.entries()) {
      test(`that is not open says so: ${fd}`, () => {
        assert.deepEqual(
          nth(3 + index).map(({ kind, error }) => [kind, error]),
          [["PATH", "NO_SUCH_FD"]],
        );
      });
    }
  });
});

describe("an address that is passed to connect", () => {
  const hex = (text: string) => Buffer.from(text).toString("hex");
  const bytes = "20010db8000000000000000000000001";
  const nowhere = "0".repeat(32);
  const local = { error: "OK", family: 1n, port: 0n, bytes: nowhere };
  const ofIpv4 = { bytes: `7f000001${"0".repeat(24)}`, name: "" };
  const passed = {
    "of IPv4": [
      "#020001bb7f0000010000000000000000",
      { ...local, ...ofIpv4, family: 2n, port: 443n },
    ],
    "of IPv6": [
      `#0a00005000000000${bytes}00000000`,
      { ...local, family: 10n, port: 80n, bytes, name: "" },
    ],
    "a name in the file system": [
      `#0100${hex("/run/x.sock")}00`,
      { ...local, name: "/run/x.sock" },
    ],
    "of the abstract kind": [`#0100${hex("\0hidden")}00`, { ...local, name: "\0hidden" }],
    "without a name": ["#0100", { ...local, name: "" }],
    "of a family that has none": ["#1000ffff", { ...local, family: 16n, name: "" }],
    "memory that is not there": ["unmapped", { ...local, error: "FAULT", family: 0n, name: "" }],
  } as const;
  let run: HookRun;
  before(async () => {
    const words = Object.values(passed).map(([address]) => {
      const size = address.startsWith("#") ? (address.length - 1) / 2 : 16;
      return [",", "connect", "-1", address, String(size)];
    });
    const hook = syscallHook("connect", [userArgument(1, "sockaddr")]);
    run = await runHooked([calls, ...words.flat().slice(1)], [hook]);
  });

  for (const [index, [name, [, expected]]] of Object.entries(passed).entries()) {
    test(`may be ${name}`, () => {
      const address = run.records[index]?.args[0] as HookArgument;
      const { family, port, address: told } = structOf(run.btf, "gs_sockaddr", address);
      const text = address.payload.subarray(run.btf.struct("gs_sockaddr").size).toString("latin1");
      assert.deepEqual(
        { error: address.error, family, port, bytes: (told as Buffer).toString("hex"), name: text },
        expected,
      );
    });
  }
});

describe("a socket and its packets", () => {
  const connecting = (hex: string) => [
    calls,
    "socket",
    hex.startsWith("#02") ? "2" : "10",
    "1",
    "0",
    ",",
    "connect",
    "%0",
    hex,
    "28",
  ];
  const stateChange = hookOn(
    { kind: "rawTracepoint", name: "inet_sock_set_state" },
    "inet_sock_set_state",
    [argument(0, "sock"), argument(1, "s32"), argument(2, "s32")],
  );
  const transmission = hookOn({ kind: "rawTracepoint", name: "net_dev_queue" }, "net_dev_queue", [
    argument(0, "skb"),
    argument(0, "net_device", { resolve: resolved("sk_buff", "dev*") }),
    argument(0, "sock", { resolve: resolved("sk_buff", "sk*") }),
  ]);
  const text = (bytes: unknown) => (bytes as Buffer).toString("hex");

  function check(run: HookRun, family: bigint, loopback: string, port: bigint) {
    const [opening] = run.records.filter(({ hook }) => hook === 1);
    assert.deepEqual(opening?.args.slice(1).map(intOf), [7n, 2n], "from CLOSE to SYN_SENT");
    const sock = structOf(run.btf, "gs_sock", opening?.args[0] as HookArgument);
    assert.deepEqual([sock.family, sock.type, sock.protocol], [family, 1n, 6n]);
    assert.equal(sock.destination_port, port);
    assert.equal(text(sock.destination), loopback);
    const [first] = run.records.filter(({ hook }) => hook === 2);
    const skb = structOf(run.btf, "gs_skb", first?.args[0] as HookArgument);
    assert.deepEqual([skb.family, skb.protocol, skb.destination_port], [family, 6n, port]);
    assert.equal(text(skb.destination), loopback);
    assert.equal(text(skb.source), loopback);
    assert.ok(Number(skb.length) >= 40);
    assert.equal(first?.args[1] && textOf(first.args[1]), "lo");
    const sender = structOf(run.btf, "gs_sock", first?.args[2] as HookArgument);
    assert.equal(sender.source_port, skb.source_port);
    assert.equal(text(sender.source), loopback);
    assert.equal(sender.state, 2n);
  }

  test("are told for IPv4", async () => {
    const run = await runHooked(connecting("#020000017f0000010000000000000000"), [
      stateChange,
      transmission,
    ]);
    check(run, 2n, `7f000001${"0".repeat(24)}`, 1n);
  });

  test("are told for IPv6", async () => {
    const loopback = `${"0".repeat(31)}1`;
    const run = await runHooked(connecting(`#0a00000200000000${loopback}00000000`), [
      stateChange,
      transmission,
    ]);
    check(run, 10n, loopback, 2n);
  });
});

describe("the file that is executed", () => {
  test("is told by what the kernel runs it from", async () => {
    const target = { kind: "rawTracepoint", name: "sched_process_exec" } as const;
    const spec = hookOn(target, "sched_process_exec", [
      argument(2, "linux_binprm"),
      argument(2, "string", { resolve: resolved("linux_binprm", "filename*") }),
    ]);
    const { records } = await runHooked([calls, "getpid"], [spec]);
    assert.deepEqual(records[0]?.args.map(textOf), [realpathSync(calls), calls]);
  });
});
