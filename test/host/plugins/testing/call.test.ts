import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../../../host/events/model.js";
import { EventJson } from "../../../../host/plugins/extism/eventJson.js";
import { callLayout } from "../../../../host/plugins/testing/callLayout.js";
import { parseCase } from "../../../../host/plugins/testing/fixture.js";
import type { ArgumentType } from "../../../../host/policy/hookSpec.js";
import { headerLayout } from "../../../support/headerLayout.js";
import { caller, decoderWithCaller, description, make } from "../../events/hook/support.js";

const json = new EventJson();
const shown = (event: Event) => JSON.parse(json.text(event));

/** Each kind of argument as the kernel writes it. */
const all: readonly [ArgumentType, (position: number) => Buffer][] = [
  ["s32", (n) => make.int(n, -5n)],
  ["s64", (n) => make.int(n, -(1n << 40n))],
  ["u64", (n) => make.int(n, (1n << 63n) + 1n)],
  ["capability", (n) => make.int(n, 21n)],
  ["cap_effective", (n) => make.int(n, 0x1_0000_0021n)],
  ["string", (n) => make.string(n, 'a "text" — ü')],
  ["char_buf", (n) => make.bytes(n, Uint8Array.of(0, 255, 1))],
  ["char_buf", (n) => make.bytes(n, Uint8Array.of(1, 2), 5000)],
  ["char_buf", (n) => make.argument("GS_ARG_BYTES", n, { error: "GS_ARG_FAULT" })],
  ["string", (n) => make.argument("GS_ARG_STRING", n, { error: "GS_ARG_NULL" })],
  ["path", (n) => make.path(n, "/etc/passwd", { mode: 0o100644 })],
  ["file", (n) => make.path(n, "/var/log/x", { flags: 5, mode: 0o104755 })],
  [
    "sock",
    (n) => socket("GS_ARG_SOCK", "gs_sock", n, { family: 2, type: 1, state: 1, cookie: 99 }),
  ],
  ["sock", (n) => socket("GS_ARG_SOCK", "gs_sock", n, { family: 10, type: 2, protocol: 17 })],
  [
    "skb",
    (n) => socket("GS_ARG_SKB", "gs_skb", n, { family: 2, length: 60, hash: 7, sec_path_olen: 2 }),
  ],
  ["sockaddr", (n) => sockaddr(n, { family: 2, port: 53, address: Uint8Array.of(9, 9, 9, 9) })],
  ["sockaddr", (n) => sockaddr(n, { family: 1 }, Buffer.from("\0abstract"))],
  [
    "cred",
    (n) => struct("GS_ARG_CRED", "gs_cred", n, { cap_permitted: 3n, uid: 7, fsgid: 8, user_ns: 9 }),
  ],
  [
    "user_namespace",
    (n) => struct("GS_ARG_USER_NS", "gs_user_ns", n, { level: 1, uid: 1000, ns: 42 }),
  ],
  [
    "bpf_attr",
    (n) =>
      struct("GS_ARG_BPF_ATTR", "gs_bpf_object", n, {
        type: 2,
        instructions: 9,
        name: Buffer.from("probe"),
      }),
  ],
  [
    "bpf_prog",
    (n) => struct("GS_ARG_BPF_PROG", "gs_bpf_object", n, { type: 77, name: Buffer.from("new") }),
  ],
  [
    "bpf_map",
    (n) => struct("GS_ARG_BPF_MAP", "gs_bpf_object", n, { type: 27, key_size: 4, max_entries: 1 }),
  ],
  [
    "perf_event",
    (n) =>
      struct("GS_ARG_PERF_EVENT", "gs_perf_event", n, {
        type: 2,
        config: 11n,
        probe_offset: 1n,
        name: Buffer.from("f"),
      }),
  ],
  [
    "module",
    (n) =>
      struct("GS_ARG_MODULE", "gs_module", n, {
        taints: 4096n,
        signature_ok: 1,
        name: Buffer.from("nf"),
      }),
  ],
];

function struct(
  kind: string,
  name: string,
  position: number,
  values: Parameters<typeof make.argument>[2]["values"],
  tail?: Buffer,
) {
  return make.argument(kind, position, {
    struct: name,
    ...(values && { values }),
    ...(tail && { tail }),
  });
}

function socket(kind: string, name: string, position: number, values: Record<string, number>) {
  const source = Uint8Array.from({ length: 16 }, (_, n) =>
    n < 4 || values.family === 10 ? n + 1 : 0,
  );
  const ports = { source_port: 40_000, destination_port: 443, mark: 3, priority: 4 };
  return struct(kind, name, position, {
    ...{ protocol: 6, source, destination: source },
    ...ports,
    ...values,
  });
}

function sockaddr(
  position: number,
  values: Parameters<typeof make.argument>[2]["values"],
  tail?: Buffer,
) {
  return struct("GS_ARG_SOCKADDR", "gs_sockaddr", position, values, tail);
}

const kinds = ["function", "lsm", "tracepoint"] as const;

test("what an event shows of a call, of each kind of argument, makes the same call again", () => {
  const { decode, decoder } = decoderWithCaller();
  const halves = [all.slice(0, 12), all.slice(12)];
  for (const [kind, some] of kinds.flatMap((name) => halves.map((half) => [name, half] as const))) {
    const isTracepoint = kind === "tracepoint";
    const args = some.map(([type], index) => ({
      type,
      index,
      ...(index % 3 === 0 && { label: `l${index}` }),
    }));
    const about = {
      kind,
      message: "odd",
      tags: ["a", "b"],
      args,
      ...(isTracepoint && { subsystem: "sched" }),
    };
    const returned = { type: "s32", index: 16 } as const;
    decode(make.definition(description({ ...about, ...(!isTracepoint && { returned }) })));
    const records = some.map(([, record], n) => record(n));
    if (!isTracepoint) records.push(make.int(16, -1n));
    const stack = Buffer.alloc(24);
    for (const n of [0, 1, 2]) stack.writeBigUInt64LE(0xffff_8000_0000_0000n + BigInt(n), 8 * n);
    records.push(make.argument("GS_ARG_STACK", 17, { tail: stack }));
    const values = {
      hook: 7,
      actions: 0b110001,
      flags: 3,
      signal: 15,
      override_error: -1,
      selector: 1,
      args: some.length,
    };
    const event = decode(make.hook({ ...caller, ...values }, records));
    assert.ok(event, `malformed ${decoder.malformed}`);
    const first = shown(event);
    const again = parseCase(JSON.stringify(first), "case").events[0]?.event;
    assert.ok(again);
    const second = shown(again);
    const name = isTracepoint ? "process_tracepoint" : "process_kprobe";
    assert.equal(second[name].args.length, some.length);
    for (const field of ["process", "parent", "ancestors"]) {
      delete first[name][field];
      delete second[name][field];
    }
    second[name].args.forEach((argument: object, n: number) => {
      assert.deepEqual(argument, first[name].args[n]);
    });
    assert.deepEqual(second[name], first[name]);
  }
});

test("mistakes in calls are told with their place", () => {
  const wrong: [object, RegExp][] = [
    [
      { process_kprobe: { process: {}, args: [{}] } },
      /^c: the event\.process_kprobe: args\[0\]: it has no value, and no error$/,
    ],
    [
      { process_kprobe: { process: {}, args: [{ int_arg: "x" }] } },
      /the event\.process_kprobe: .*int_arg/,
    ],
    [{ process_kprobe: { process: {}, argz: [] } }, /argz/],
    [
      { process_tracepoint: { process: {}, args: [{ sock_arg: { saddr: "10.1" } }] } },
      /args\[0\]: "10\.1" is no IP address$/,
    ],
    [
      { process_kprobe: { process: {}, args: [{ sock_arg: { family: "AF_X" } }] } },
      /"AF_X" is no family that is known$/,
    ],
    [{ process_kprobe: { process: {}, signal: "SIGNONE" } }, /signal: "SIGNONE" is no signal$/],
  ];
  for (const [event, message] of wrong) {
    assert.throws(() => parseCase(JSON.stringify(event), "c"), {
      code: "INVALID_ARGUMENT",
      message,
    });
  }
});

test("records of cases are like those of the kernel", () => {
  const kernel = headerLayout();
  for (const [name, { fields, size }] of Object.entries(callLayout.structs)) {
    if (name === "gs_hook_event" || name === "gs_hook_definition") continue;
    assert.equal(size, kernel.structs[name]?.size, name);
    for (const [field, place] of Object.entries(fields)) {
      assert.deepEqual(place, kernel.structs[name]?.fields[field], `${name}.${field}`);
    }
  }
});
