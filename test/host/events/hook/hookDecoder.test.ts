import assert from "node:assert/strict";
import { test } from "node:test";
import { GuidestarError } from "../../../../host/errors.js";
import { Decoder } from "../../../../host/events/decoder.js";
import { EventType, isHookEvent } from "../../../../host/events/model.js";
import { ProcessCache } from "../../../../host/events/processCache.js";
import type { RecordLayout } from "../../../../host/source/source.js";
import {
  caller,
  decoderWithCaller,
  description,
  encoded,
  layout,
  make,
  newDecoder,
} from "./support.js";

test("a call becomes an event of its process, with its hook, thread and time", () => {
  const { decode } = decoderWithCaller();
  const of = description({ message: "out", tags: ["net"] });
  assert.equal(decode(make.definition(of)), undefined);
  const values = { hook: 7, "header.time_ns": 500, selector: 2, actions: 1, flags: 2 };
  const event = decode(make.hook({ ...caller, ...values }));
  assert.ok(event && isHookEvent(event));
  assert.equal(event.type, EventType.KPROBE);
  assert.equal(event.timeNs, 1_500n);
  assert.equal(event.process.binary, "/usr/bin/curl");
  assert.equal(event.parent?.binary, "/bin/bash");
  assert.deepEqual([event.tid, event.selector, event.actions, event.flags], [12, 2, 1, 2]);
  assert.deepEqual(event.hook.description, of);
});

test("functions, system calls, LSM hooks and uprobes are kprobe events, both tracepoints are tracepoint events", () => {
  const { decode } = decoderWithCaller();
  const kinds = ["function", "syscall", "lsm", "uprobe", "tracepoint", "rawTracepoint"] as const;
  const types = kinds.map((kind, n) => {
    decode(make.definition(description({ hook: n, kind })));
    return decode(make.hook({ ...caller, hook: n }))?.type;
  });
  const { KPROBE, TRACEPOINT } = EventType;
  assert.deepEqual(types, [KPROBE, KPROBE, KPROBE, KPROBE, TRACEPOINT, TRACEPOINT]);
});

test("a record of a hook that no definition told of is counted, and so is one after its end", () => {
  const { decode, decoder } = decoderWithCaller();
  assert.equal(decode(make.hook({ ...caller, hook: 7 })), undefined);
  assert.deepEqual([decoder.unknownHook, decoder.malformed], [1, 0]);
  decode(make.definition(description()));
  assert.ok(decode(make.hook({ ...caller, hook: 7 })));
  decode(make.make("gs_hook_definition", "GS_RECORD_HOOK_DEFINITION", { hook: 7, size: 0 }));
  assert.equal(decode(make.hook({ ...caller, hook: 7 })), undefined);
  assert.deepEqual([decoder.unknownHook, decoder.malformed], [2, 0]);
});

test("a definition told twice is one hook; another under its number takes its place", () => {
  const { decode } = decoderWithCaller();
  const hookOf = () => {
    const event = decode(make.hook({ ...caller, hook: 7 }));
    assert.ok(event && isHookEvent(event));
    return event.hook;
  };
  decode(make.definition(description()));
  const first = hookOf();
  decode(make.definition(description()));
  assert.equal(hookOf(), first);
  decode(make.definition(description({ policy: "other" })));
  assert.equal(hookOf().description.policy, "other");
});

test("a caller that nothing was heard of is asked for once, then known by its name alone", () => {
  let asked = 0;
  const { decode, cache } = newDecoder(() => {
    asked++;
    return undefined;
  });
  decode(make.definition(description()));
  const record = make.hook({ ...caller, hook: 7 });
  const first = decode(record);
  const second = decode(record);
  assert.equal(first?.process.flags, "unknown");
  assert.equal(first?.process.pid, 11);
  assert.equal(second?.process, first?.process);
  assert.equal(asked, 1);
  assert.equal(cache.size, 1);
  assert.deepEqual(encoded(first as never).process_kprobe.parent, {});
});

test("a caller of which only the parent is known has it", () => {
  const { decode } = newDecoder();
  decode(make.exec({ "header.pid": 10, "header.key_ns": 100 }, { binary: "/bin/bash" }));
  decode(make.definition(description()));
  const event = decode(make.hook({ ...caller, hook: 7, "parent.pid": 10, "parent.key_ns": 100 }));
  assert.equal(event?.parent?.binary, "/bin/bash");
});

test("a caller is completed from elsewhere if that is possible", () => {
  const record = make.exec({ "header.pid": 11, "header.key_ns": 300 }, { binary: "/bin/late" });
  const { decode, decoder } = newDecoder(() => record);
  decode(make.definition(description()));
  assert.equal(decode(make.hook({ ...caller, hook: 7 }))?.process.binary, "/bin/late");
  assert.equal(decoder.completed, 1);
});

test("a late call of an instance that is gone does not push out the one that lives", () => {
  const { decode, cache } = decoderWithCaller();
  decode(make.definition(description()));
  const event = decode(make.hook({ ...caller, "header.key_ns": 200, hook: 7 }));
  assert.equal(event?.process.flags, "unknown");
  assert.equal(cache.current(11)?.binary, "/usr/bin/curl");
  // Nobody at all: an interrupt.
  const nobody = decode(make.hook({ hook: 7 }));
  assert.equal(nobody?.process.pid, 0);
  assert.equal(cache.current(0), undefined);
});

test("what an event holds stays as it was when the ring is written anew", () => {
  const { decode } = decoderWithCaller();
  const of = description({ args: [{ type: "string", index: 0 }] });
  decode(make.definition(of));
  const texts = Array.from({ length: 3000 }, (_, n) => `text ${n} ${"x".repeat(n % 300)}`);
  texts.push("y".repeat(100_000));
  const events = texts.map((text) => {
    const event = decode(make.hook({ ...caller, hook: 7 }, [make.string(0, text)]));
    assert.ok(event);
    return event;
  });
  const shown = events.map((event) => encoded(event).process_kprobe.args[0].string_arg);
  assert.deepEqual(shown, texts);
});

test("records that do not fit together are counted as malformed and make no event", () => {
  const { decode, decoder } = decoderWithCaller();
  decode(make.definition(description({ args: [{ type: "sock", index: 0 }] })));
  const whole = make.hook({ ...caller, hook: 7 }, [
    make.argument("GS_ARG_SOCK", 0, { struct: "gs_sock" }),
  ]);
  assert.ok(decode(whole));
  const broken = [
    whole.subarray(0, 40),
    whole.subarray(0, whole.length - 8),
    make.hook({ ...caller, hook: 7, args: 2 }, [make.int(0, 1n)]),
    make.hook({ ...caller, hook: 7 }, [
      make.argument("GS_ARG_SOCK", 0, { tail: Buffer.alloc(16) }),
    ]),
    make.hook({ ...caller, hook: 7 }, [make.argument("GS_ARG_INT", 0, { tail: Buffer.alloc(4) })]),
    make.make("gs_hook_definition", "GS_RECORD_HOOK_DEFINITION", { hook: 7, size: 900 }),
    definitionOf("not json"),
    definitionOf(JSON.stringify({ ...description(), hook: 8 })),
    definitionOf(JSON.stringify({ ...description(), kind: "magic" })),
    definitionOf(JSON.stringify({ ...description(), args: [{ index: 0 }] })),
    definitionOf(JSON.stringify({ ...description(), tags: "no" })),
    definitionOf("null"),
  ];
  for (const [n, record] of broken.entries()) {
    assert.equal(decode(record), undefined, `record ${n}`);
    assert.equal(decoder.malformed, n + 1, `record ${n}`);
  }
  assert.ok(decode(whole), "the definition is as it was");
});

function definitionOf(json: string): Buffer {
  const tail = Buffer.from(json);
  const values = { hook: 7, size: tail.length };
  return make.make("gs_hook_definition", "GS_RECORD_HOOK_DEFINITION", values, tail);
}

test("a recording from before there were policies is played, one with other numbers is refused", () => {
  const options = { cache: new ProcessCache(10), nodeName: "node", bootToWallNs: 0n };
  const { gs_hook_event: _, ...older } = layout.structs;
  const decoder = new Decoder({ ...options, layout: { ...layout, structs: older } });
  assert.equal(decoder.hooks, undefined);
  const enums = { ...layout.enums, gs_arg_kind: { ...layout.enums.gs_arg_kind, GS_ARG_INT: 99 } };
  const other: RecordLayout = { ...layout, enums };
  assert.throws(
    () => new Decoder({ ...options, layout: other }),
    (error) => error instanceof GuidestarError && /GS_ARG_INT/.test(error.message),
  );
});
