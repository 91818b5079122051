import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ArgumentType, HookDescription } from "../../../../host/policy/hookSpec.js";
import { caller, callOf, description, make } from "./support.js";

/** What an argument is passed as, and what clients see of it. */
interface Case {
  readonly type: ArgumentType;
  readonly payload: (position: number) => Buffer;
  readonly shown: Record<string, unknown>;
}

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const s64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 });

/** Proto3 leaves defaults out. */
function shownOf(values: Record<string, unknown>): Record<string, unknown> {
  const isDefault = (value: unknown) =>
    value === 0 ||
    value === "" ||
    value === "0" ||
    value === false ||
    (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isDefault(value)));
}

const int32 = fc
  .tuple(
    fc.constantFrom<ArgumentType>("s8", "u8", "s16", "u16", "s32", "bool"),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  )
  .map(
    ([type, value]): Case => ({
      type,
      payload: (n) => make.int(n, BigInt(value)),
      shown: { int_arg: value },
    }),
  );

const unsigned = fc
  .tuple(fc.constantFrom<ArgumentType>("u32", "u64", "size_t", "syscall64"), u64)
  .map(
    ([type, value]): Case => ({
      type,
      payload: (n) => make.int(n, value),
      shown: { size_arg: String(value) },
    }),
  );

const int64 = s64.map(
  (value): Case => ({
    type: "s64",
    payload: (n) => make.int(n, value),
    shown: {
      size_arg: String(BigInt.asUintN(64, value)),
      long_arg: shownOf({ value: String(value) }),
    },
  }),
);

const sets = fc
  .tuple(
    fc.constantFrom<ArgumentType>("kernel_cap_t", "cap_effective", "cap_permitted"),
    fc.bigInt({ min: 0n, max: (1n << 41n) - 1n }),
  )
  .map(
    ([type, value]): Case => ({
      type,
      payload: (n) => make.int(n, value),
      shown: {
        size_arg: String(value),
        capabilities_arg: shownOf({ capabilities: capabilityNames(value) }),
      },
    }),
  );

const strings = fc
  .tuple(fc.constantFrom<ArgumentType>("string", "filename", "net_device"), text)
  .map(
    ([type, value]): Case => ({
      type,
      payload: (n) => make.string(n, value),
      shown: { string_arg: Buffer.from(value).toString() },
    }),
  );

const buffers = fc.tuple(bytes, fc.nat(1000)).map(
  ([content, more]): Case => ({
    type: "char_buf",
    payload: (n) => make.bytes(n, content, content.length + more),
    shown:
      more === 0
        ? { bytes_arg: Buffer.from(content).toString("base64") }
        : {
            truncated_bytes_arg: {
              ...(content.length > 0 && { bytes_arg: Buffer.from(content).toString("base64") }),
              orig_size: String(content.length + more),
            },
          },
  }),
);

const paths = fc
  .tuple(fc.constantFrom<ArgumentType>("file", "fd", "kiocb", "path", "dentry"), text, fc.nat(3))
  .map(([type, path, flags]): Case => {
    const names = ["", "unresolvedMountPoints", "unresolvedPathComponents"];
    const shown = shownOf({
      path: Buffer.from(path).toString(),
      flags: flags === 3 ? names.slice(1).join(" ") : names[flags],
      mode: 0o100644,
      permission: "-rw-r--r--",
    });
    const isPath = type === "path" || type === "dentry";
    return {
      type,
      payload: (n) => make.path(n, path, { flags, mode: 0o100644 }),
      shown: isPath ? { path_arg: shown } : { file_arg: shown },
    };
  });

const ports = fc.record({ source_port: u16, destination_port: u16 });
const addresses = fc.constantFrom(
  [2, "10.0.0.1", "255.255.255.255", [10, 0, 0, 1], [255, 255, 255, 255]] as const,
  [
    10,
    "::1",
    "2001:db8::1",
    v6(0, 0, 0, 0, 0, 0, 0, 1),
    v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
  ] as const,
  [10, "::", "::ffff:1.2.3.4", v6(), v6(0, 0, 0, 0, 0, 0xffff, 0x102, 0x304)] as const,
  [10, "1:0:0:2::3", "fe80::", v6(1, 0, 0, 2, 0, 0, 0, 3), v6(0xfe80)] as const,
);

const socks = fc.tuple(addresses, ports, u32, u32, u64).map(
  ([[family, source, destination, from, to], port, mark, priority, cookie]): Case => ({
    type: "sock",
    payload: (n) =>
      make.argument("GS_ARG_SOCK", n, {
        struct: "gs_sock",
        values: {
          family,
          type: 1,
          protocol: 6,
          state: 1,
          mark,
          priority,
          cookie,
          ...port,
          source: Uint8Array.from(from),
          destination: Uint8Array.from(to),
        },
      }),
    shown: {
      sock_arg: shownOf({
        family: family === 2 ? "AF_INET" : "AF_INET6",
        type: "SOCK_STREAM",
        protocol: "IPPROTO_TCP",
        state: "TCP_ESTABLISHED",
        mark,
        priority,
        saddr: source,
        daddr: destination,
        sport: port.source_port,
        dport: port.destination_port,
        cookie: String(cookie),
      }),
    },
  }),
);

const skbs = fc.tuple(addresses, ports, u32, u32).map(
  ([[family, source, destination, from, to], port, hash, length]): Case => ({
    type: "skb",
    payload: (n) =>
      make.argument("GS_ARG_SKB", n, {
        struct: "gs_skb",
        values: {
          family,
          protocol: 17,
          hash,
          length,
          sec_path_length: 3,
          ...port,
          source: Uint8Array.from(from),
          destination: Uint8Array.from(to),
        },
      }),
    shown: {
      skb_arg: shownOf({
        hash,
        len: length,
        saddr: source,
        daddr: destination,
        sport: port.source_port,
        dport: port.destination_port,
        proto: 17,
        protocol: "IPPROTO_UDP",
        sec_path_len: 3,
        family: family === 2 ? "AF_INET" : "AF_INET6",
      }),
    },
  }),
);

const creds = fc.tuple(u64, u32, u32, u32).map(
  ([mask, uid, fsgid, user_ns]): Case => ({
    type: "cred",
    payload: (n) =>
      make.argument("GS_ARG_CRED", n, {
        struct: "gs_cred",
        values: { cap_effective: mask & ((1n << 41n) - 1n), uid, fsgid, user_ns },
      }),
    shown: {
      cred_arg: shownOf({
        effective: capabilityNames(mask & ((1n << 41n) - 1n)),
        uid,
        fsgid,
        user_ns,
      }),
    },
  }),
);

const kernelObjects = fc.tuple(u32, u64).map(([number, long]): readonly Case[] => [
  {
    type: "user_namespace",
    payload: (n) =>
      make.argument("GS_ARG_USER_NS", n, {
        struct: "gs_user_ns",
        values: { level: -1, uid: number, gid: 1, ns: 4026531837 },
      }),
    shown: { user_ns_arg: shownOf({ level: -1, uid: number, gid: 1, inum: 4026531837 }) },
  },
  {
    type: "bpf_prog",
    payload: (n) =>
      make.argument("GS_ARG_BPF_PROG", n, {
        struct: "gs_bpf_object",
        values: { type: 2, instructions: number, name: Buffer.from("sixteen_letters!") },
      }),
    shown: {
      bpf_prog_arg: shownOf({
        type: "BPF_PROG_TYPE_KPROBE",
        instructions: number,
        name: "sixteen_letters!",
      }),
    },
  },
  {
    type: "bpf_attr",
    payload: (n) =>
      make.argument("GS_ARG_BPF_ATTR", n, {
        struct: "gs_bpf_object",
        values: { type: 9999, name: Buffer.from("x") },
      }),
    shown: { bpf_attr_arg: { type: "9999", name: "x" } },
  },
  {
    type: "bpf_map",
    payload: (n) =>
      make.argument("GS_ARG_BPF_MAP", n, {
        struct: "gs_bpf_object",
        values: { type: 27, key_size: 4, value_size: number, max_entries: 9 },
      }),
    shown: {
      bpf_map_arg: shownOf({
        type: "BPF_MAP_TYPE_RINGBUF",
        key_size: 4,
        value_size: number,
        max_entries: 9,
      }),
    },
  },
  {
    type: "perf_event",
    payload: (n) =>
      make.argument("GS_ARG_PERF_EVENT", n, {
        struct: "gs_perf_event",
        values: { type: 2, config: long, probe_offset: 8, name: Buffer.from("do_exit") },
      }),
    shown: {
      perf_event_arg: shownOf({
        type: "PERF_TYPE_TRACEPOINT",
        config: String(long),
        probe_offset: "8",
        name: "do_exit",
      }),
    },
  },
  {
    type: "module",
    payload: (n) =>
      make.argument("GS_ARG_MODULE", n, {
        struct: "gs_module",
        values: { taints: long, signature_ok: 1, name: Buffer.from("nf_tables") },
      }),
    shown: {
      module_arg: shownOf({ name: "nf_tables", signature_ok: true, taints: String(long) }),
    },
  },
  {
    type: "sockaddr",
    payload: (n) =>
      make.argument("GS_ARG_SOCKADDR", n, {
        struct: "gs_sockaddr",
        values: { family: 2, port: 53, address: Uint8Array.of(127, 0, 0, 1) },
      }),
    shown: { sockaddr_arg: { family: "AF_INET", address: "127.0.0.1", port: 53 } },
  },
  {
    type: "capability",
    payload: (n) => make.int(n, 21n),
    shown: { int_arg: 21, capability_arg: { number: 21, name: "CAP_SYS_ADMIN" } },
  },
]);

const anyCase = fc.oneof(
  int32,
  unsigned,
  int64,
  sets,
  strings,
  buffers,
  paths,
  socks,
  skbs,
  creds,
  kernelObjects.chain((cases) => fc.constantFrom(...cases)),
);

test("every argument, return value and stack is told as it was, whatever they are", () => {
  const label = fc.option(text, { nil: undefined });
  const call = fc.record({
    cases: fc.array(fc.tuple(anyCase, label), { maxLength: 5 }),
    returned: fc.option(anyCase, { nil: undefined }),
    kernelStack: fc.array(u64, { maxLength: 40 }),
    userStack: fc.array(u64, { maxLength: 40 }),
    tid: u32,
    selector: fc.option(fc.nat(10), { nil: undefined }),
    message: fc.option(text, { nil: undefined }),
    tags: fc.array(fc.string({ minLength: 1 })),
    isTracepoint: fc.boolean(),
  });
  fc.assert(
    fc.property(call, ({ cases, returned, isTracepoint, ...rest }) => {
      const of: HookDescription = description({
        kind: isTracepoint ? "tracepoint" : "function",
        functionName: "it",
        ...(isTracepoint && { subsystem: "sub" }),
        args: cases.map(([{ type }, name], index) => ({
          type,
          index,
          ...(name !== undefined && { label: name }),
        })),
        ...(returned && { returned: { type: returned.type, index: 0 } }),
        ...(rest.message !== undefined && { message: rest.message }),
        tags: rest.tags,
      });
      const args = cases.map(([{ payload }], n) => payload(n));
      if (returned) args.push(returned.payload(16));
      for (const [position, addresses] of [
        [17, rest.kernelStack],
        [18, rest.userStack],
      ] as const) {
        const tail = Buffer.from(BigUint64Array.from(addresses).buffer);
        if (addresses.length > 0) args.push(make.argument("GS_ARG_STACK", position, { tail }));
      }
      const values = {
        ...caller,
        hook: 7,
        "header.tid": rest.tid,
        actions: 1,
        selector: rest.selector ?? 0xffff,
        args: cases.length,
      };
      assert.deepEqual(
        callOf(of, make.hook(values, args)),
        shownOf({
          ...(isTracepoint
            ? { subsys: "sub", event: "it" }
            : { function_name: "it", ...(returned && { return: returned.shown }) }),
          kind: isTracepoint ? "HOOK_KIND_TRACEPOINT" : "HOOK_KIND_FUNCTION",
          args: cases.map(([{ shown }, name]) => ({ ...shown, ...(name && { label: name }) })),
          action: "KPROBE_ACTION_POST",
          actions: ["HOOK_ACTION_POST"],
          ...(rest.selector !== undefined && { selector: shownOf({ value: rest.selector }) }),
          tid: rest.tid,
          policy_name: "watch",
          message: rest.message ?? "",
          tags: rest.tags,
          kernel_stack_trace: rest.kernelStack.map((at) => shownOf({ address: String(at) })),
          user_stack_trace: rest.userStack.map((at) => shownOf({ address: String(at) })),
        }),
      );
    }),
    { numRuns: 400 },
  );
});

test("the action is the most telling one of what was done, and all are told besides", () => {
  const [post, follow, unfollow, copy, signal, override] = [1, 2, 4, 8, 16, 32];
  const rows = [
    [{ actions: post }, "POST", ["POST"]],
    [{ actions: post + follow }, "FOLLOWFD", ["POST", "FOLLOW_FD"]],
    [{ actions: unfollow + follow }, "UNFOLLOWFD", ["FOLLOW_FD", "UNFOLLOW_FD"]],
    [{ actions: post + copy }, "POST", ["POST", "COPY_FD"]],
    [{ actions: post + signal, signal: 9 }, "SIGKILL", ["POST", "SIGNAL"]],
    [{ actions: post + signal, signal: 15 }, "POST", ["POST", "SIGNAL"]],
    [{ actions: post + override, override_error: -1 }, "OVERRIDE", ["POST", "OVERRIDE"]],
    [{ actions: 63, signal: 9, override_error: -13 }, "SIGKILL", undefined],
  ] as const;
  for (const [values, action, actions] of rows) {
    const shown = callOf(description(), make.hook({ ...caller, hook: 7, ...values }));
    assert.equal(shown.action, `KPROBE_ACTION_${action}`);
    if (actions)
      assert.deepEqual(
        shown.actions,
        actions.map((name) => `HOOK_ACTION_${name}`),
      );
    else assert.equal((shown.actions as string[]).length, 6);
    const { signal: sent, override_error = 0 } = values as Record<string, number>;
    const names: Record<number, string> = { 9: "SIGKILL", 15: "SIGTERM" };
    assert.equal(shown.signal, sent === undefined ? undefined : names[sent]);
    assert.equal(shown.override_error ?? 0, override_error);
  }
  const watched = callOf(description(), make.hook({ ...caller, hook: 7, actions: 1, flags: 6 }));
  assert.deepEqual([watched.monitored, watched.action_failed], [true, true]);
});

test("an argument that could not be read says why; a buffer does so in the API's own words too", () => {
  const rows = [
    ["char_buf", "GS_ARG_BYTES", "GS_ARG_FAULT", "CharBufErrorPageFault"],
    ["char_buf", "GS_ARG_BYTES", "GS_ARG_NO_MEMORY", "CharBufErrorENOMEM"],
    ["char_iovec", "GS_ARG_BYTES", "GS_ARG_TOO_LARGE", "CharBufErrorBufTooLarge"],
    ["char_buf", "GS_ARG_BYTES", "GS_ARG_NULL", "CharBufErrorPageFault"],
    ["s32", "GS_ARG_INT", "GS_ARG_FAULT", undefined],
    ["fd", "GS_ARG_PATH", "GS_ARG_NO_SUCH_FD", undefined],
    ["sock", "GS_ARG_SOCK", "GS_ARG_NULL", undefined],
  ] as const;
  for (const [type, kind, error, words] of rows) {
    const of = description({ args: [{ type, index: 0, label: "it" }] });
    const record = make.hook({ ...caller, hook: 7 }, [make.argument(kind, 0, { error })]);
    const [shown] = callOf(of, record).args as [Record<string, unknown>];
    const { error: why, label, ...value } = shown;
    assert.match(String(why), /^[a-z].* /);
    assert.equal(label, "it");
    const bytes = words && Buffer.from(words).toString("base64");
    assert.deepEqual(value, bytes === undefined ? {} : { bytes_arg: bytes });
  }
});

test("what a process calls UTF-8 and is none becomes it; a buffer stays as it is", () => {
  const bad = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62]);
  const of = description({
    args: [
      { type: "string", index: 0 },
      { type: "char_buf", index: 1 },
      { type: "file", index: 2 },
    ],
  });
  const args = [
    make.string(0, bad),
    make.bytes(1, bad),
    make.argument("GS_ARG_PATH", 2, { struct: "gs_path", tail: bad }),
  ];
  assert.deepEqual(callOf(of, make.hook({ ...caller, hook: 7 }, args)).args, [
    { string_arg: bad.toString() },
    { bytes_arg: bad.toString("base64") },
    { file_arg: { path: bad.toString() } },
  ]);
});

test("names of unix sockets are paths, or @ and the abstract name", () => {
  const names = ["/run/it.sock\0\0", "\0abstract\0x", "\0", ""];
  const of = description({ args: names.map((_, index) => ({ type: "sockaddr", index })) });
  const args = names.map((name, n) =>
    make.argument("GS_ARG_SOCKADDR", n, {
      struct: "gs_sockaddr",
      values: { family: 1 },
      tail: Buffer.from(name),
    }),
  );
  const shown = callOf(of, make.hook({ ...caller, hook: 7 }, args)).args as {
    sockaddr_arg: { address?: string };
  }[];
  assert.deepEqual(
    shown.map(({ sockaddr_arg }) => sockaddr_arg.address ?? ""),
    ["/run/it.sock", "@abstract\0x", "", ""],
  );
});

test("the hook's place is told: module or file, kind, policy, message, tags", () => {
  const of = description({
    kind: "uprobe",
    functionName: "readline",
    where: "/bin/bash",
    message: "a line was read",
    tags: ["shell", "input"],
  });
  const {
    action: _,
    actions: __,
    tid: ___,
    ...shown
  } = callOf(of, make.hook({ ...caller, hook: 7 }));
  assert.deepEqual(shown, {
    function_name: "readline",
    where: "/bin/bash",
    kind: "HOOK_KIND_UPROBE",
    policy_name: "watch",
    message: "a line was read",
    tags: ["shell", "input"],
  });
});

function v6(...groups: number[]): number[] {
  const bytes = Array.from({ length: 8 }, (_, n) => groups[n] ?? 0);
  return bytes.flatMap((group) => [group >>> 8, group & 255]);
}

function capabilityNames(mask: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++)
    if ((mask >> BigInt(bit)) & 1n) names.push(apiCapabilities[bit] ?? String(bit));
  return names;
}

/** As `fgs.CapabilitiesType` has them. */
const apiCapabilities = `CAP_CHOWN DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL
CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST
CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT
CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME
CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP
CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON
CAP_BPF CAP_CHECKPOINT_RESTORE`.split(/\s+/);
