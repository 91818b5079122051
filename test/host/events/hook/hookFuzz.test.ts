import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Packer } from "../../../../host/plugins/runtime/packer.js";
import { sizeOf } from "../../../../host/source/recordLayout.js";
import { caller, decoderWithCaller, description, encoded, layout, make } from "./support.js";

const structs = {
  GS_ARG_SOCK: "gs_sock",
  GS_ARG_SKB: "gs_skb",
  GS_ARG_SOCKADDR: "gs_sockaddr",
  GS_ARG_CRED: "gs_cred",
  GS_ARG_USER_NS: "gs_user_ns",
  GS_ARG_BPF_ATTR: "gs_bpf_object",
  GS_ARG_BPF_MAP: "gs_bpf_object",
  GS_ARG_PERF_EVENT: "gs_perf_event",
  GS_ARG_MODULE: "gs_module",
} as const;

const whole = [
  make.int(0, -1n),
  make.string(1, "text"),
  make.bytes(2, Buffer.from("bytes"), 9),
  make.path(3, "/some/path", { mode: 0o100644 }),
  ...Object.entries(structs).map(([kind, struct], n) => make.argument(kind, n % 8, { struct })),
  make.int(16, 0n),
  make.argument("GS_ARG_STACK", 17, { tail: Buffer.alloc(40, 1) }),
];

test("whatever is in a record of a recording, it is told or counted, and nothing breaks", () => {
  const { decode, decoder } = decoderWithCaller();
  const packer = new Packer();
  const types = ["s32", "string", "char_buf", "file", "cap_effective", "capability"] as const;
  decode(
    make.definition(
      description({
        args: types.map((type, index) => ({ type, index })),
        returned: { type: "s64", index: 0 },
      }),
    ),
  );
  const start = sizeOf(layout, "gs_hook_event");
  const mutation = fc.tuple(fc.nat(100_000), fc.nat(255));
  const some = fc.subarray(whole.map((_, n) => n));
  let told = 0;
  fc.assert(
    fc.property(some, fc.array(mutation, { maxLength: 12 }), fc.nat(7), (chosen, bytes, cut) => {
      const args = chosen.map((n) => whole[n] as Buffer);
      const record = make.hook({ ...caller, hook: 7, args: 0 }, args);
      for (const [at, value] of bytes)
        if (record.length > start) record[start + (at % (record.length - start))] = value;
      const before = decoder.malformed;
      const event = decode(record.subarray(0, record.length - cut));
      if (event === undefined) {
        assert.equal(decoder.malformed, before + 1);
        return;
      }
      told++;
      const shown = encoded(event).process_kprobe;
      assert.equal(shown.function_name, "tcp_connect");
      assert.equal(packer.pack([event, event], 0), 2);
    }),
    { numRuns: 3000 },
  );
  assert.ok(told > 100 && decoder.malformed > 100, `${told} told, ${decoder.malformed} malformed`);
});
