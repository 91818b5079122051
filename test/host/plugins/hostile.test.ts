import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../../host/events/model.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import { PLUGIN_LIMITS } from "../../../host/plugins/limits.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { UNJUDGED } from "../../../host/plugins/slot.js";
import * as abi from "../../../plugins/sdk/abi.js";
import {
  assemble,
  BLOCK,
  I32,
  KEEP_ALL,
  type ModuleSource,
  plugin,
  setField,
  setOutput,
  sleb,
} from "./assemble.js";
import { compileJob, Scene } from "./events.js";
import { activate } from "./testPlugin.js";

const RETURN_0 = [0x41, 0];
const LOG = { module: "guidestar", name: "log", parameters: [I32, I32, I32] };

/** Only when there are events: the probe at upload has none. */
function withEvents(...code: number[]): number[] {
  return [0x20, 0, 0x28, 2, 12, 0x04, 0x40, ...code, 0x0b];
}

/** Stores a byte at `at` in the output area. */
function setOutputByte(at: number, value: number): number[] {
  return [0x20, 0, 0x20, 0, 0x28, 2, 40, 0x6a, 0x41, ...sleb(value), 0x3a, 0, ...leb(at)];
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** An annotation record with these fields, and what else the code does. */
function annotation(fields: Partial<Record<"size" | "kind" | "event" | "key" | "value", number>>) {
  const { size = 32, kind = abi.OUTPUT_KIND_ANNOTATION, event = 0, key = 1, value = 1 } = fields;
  return [
    ...setField(abi.BATCH_OUTPUT_USED, 32),
    ...setOutput(abi.OUTPUT_SIZE, size),
    ...setOutput(abi.OUTPUT_KIND, kind),
    ...setOutput(abi.OUTPUT_EVENT, event),
    ...setOutput(abi.ANNOTATION_KEY_LENGTH, key),
    ...setOutput(abi.ANNOTATION_VALUE_LENGTH, value),
    ...setOutputByte(abi.ANNOTATION_TEXT, 0x6b),
    ...setOutputByte(abi.ANNOTATION_TEXT + 1, 0x76),
  ];
}

async function use(chain: PluginChain, code: readonly number[], more?: Partial<ModuleSource>) {
  const prepared = prepareModule(plugin([...code, ...RETURN_0], more));
  return activate(chain, prepared);
}

const hostile: readonly [string, readonly number[], RegExp, Partial<ModuleSource>?][] = [
  [
    "loops for ever",
    [0x03, 0x40, 0x0c, 0, 0x0b],
    /^ran out of fuel: it has \d+ units for 6 events$/,
  ],
  [
    "calls itself for ever",
    [0x20, 0, 0x10, 2, 0x1a],
    /^(ran out of fuel: .*|trapped: its calls nest too deep, or it has no memory left)$/,
  ],
  ["traps", [0x00], /^trapped: unreachable$/],
  ["divides by zero", [0x41, 1, 0x41, 0, 0x6d, 0x1a], /^trapped: divide by zero$/],
  ["reads outside", [0x41, 0x7f, 0x28, 2, 0, 0x1a], /^trapped: memory access out of bounds$/],
  ["returns 7", [...KEEP_ALL, 0x41, 7, 0x0f], /^returned 7 from gs_process_batch, not 0$/],
  ["gives no verdicts", [], /^gave no verdict on event 0 of its batch$/],
  [
    "gives verdict 9",
    [...[0x20, 0, 0x20, 0, 0x28, 2, 36, 0x6a, 0x41, 9, 0x41, 6, 0xfc, 11, 0]],
    /^gave the unknown verdict 9 on event 0 of its batch$/,
  ],
  [
    "says it wrote more output than there is room",
    [...KEEP_ALL, ...setField(abi.BATCH_OUTPUT_USED, -1)],
    /^says it wrote 4294967295 bytes of output, where \d+ have room$/,
  ],
  [
    "says it wrote one byte too much",
    [...KEEP_ALL, ...setField(abi.BATCH_OUTPUT_USED, 16 * 1024 + 6 * 512 + 1)],
    /^says it wrote 19457 bytes of output, where 19456 have room$/,
  ],
  [
    "writes half a record",
    [...KEEP_ALL, ...setField(abi.BATCH_OUTPUT_USED, 16)],
    /^cut off the output record at byte 0$/,
  ],
  [
    "a record of no size",
    [...KEEP_ALL, ...annotation({ size: 0 })],
    /record of 0 bytes at byte 0$/,
  ],
  ["a record not aligned", [...KEEP_ALL, ...annotation({ size: 31 })], /record of 31 bytes/],
  ["a record too long", [...KEEP_ALL, ...annotation({ size: 40 })], /record of 40 bytes/],
  ["an endless record", [...KEEP_ALL, ...annotation({ size: -8 })], /record of 4294967288 bytes/],
  ["an unknown record", [...KEEP_ALL, ...annotation({ kind: 77 })], /of the unknown kind 77$/],
  [
    "annotates an event that is not there",
    [...KEEP_ALL, ...annotation({ event: 6 })],
    /^annotated event 6 of a batch of 6$/,
  ],
  ["a huge key", [...KEEP_ALL, ...annotation({ key: 65 })], /a key of 65 bytes, 64 are allowed$/],
  ["an endless key", [...KEEP_ALL, ...annotation({ key: -1 })], /a key of 4294967295 bytes/],
  ["a huge value", [...KEEP_ALL, ...annotation({ value: 4097 })], /a value of 4097 bytes/],
  [
    "a value beyond its record",
    [...KEEP_ALL, ...annotation({ value: 8 })],
    /^wrote an annotation longer than its record of 32 bytes$/,
  ],
  ["an empty key", [...KEEP_ALL, ...annotation({ key: 0 })], /with the key ""/],
  [
    "a key with a line break",
    [...KEEP_ALL, ...annotation({}), ...setOutputByte(abi.ANNOTATION_TEXT, 10)],
    /with the key "\\n": letters, digits/,
  ],
  [
    "a value that is not UTF-8",
    [...KEEP_ALL, ...annotation({}), ...setOutputByte(abi.ANNOTATION_TEXT + 1, 0xff)],
    /^made an annotation with a value that is not valid UTF-8$/,
  ],
  [
    "logs from outside of its memory",
    [0x41, 0, 0x41, 0x78, 0x41, 0x78, 0x10, 0],
    /^logged 4294967288 bytes at 4294967288, outside of its memory$/,
    { imports: [LOG] },
  ],
  [
    "logs with an unknown level",
    [0x41, 9, 0x41, 0, 0x41, 0, 0x10, 0],
    /^logged with the unknown level 9$/,
    { imports: [LOG] },
  ],
  [
    "logs for ever",
    [0x03, 0x40, 0x41, 0, 0x41, 0, 0x41, 4, 0x10, 0, 0x0c, 0, 0x0b],
    /^logged more than 10000 lines in one call$/,
    { imports: [LOG] },
  ],
  [
    "aborts with nonsense",
    [0x41, 0x7f, 0x41, ...sleb(70_000), 0x41, 3, 0x41, 4, 0x10, 0],
    /^aborted: \(unreadable\) \(.*:3:4\)$/,
    { imports: [{ module: "env", name: "abort", parameters: [I32, I32, I32, I32] }] },
  ],
];

for (const [what, code, reason, more] of hostile) {
  test(`a plugin that ${what} is contained: events pass and say so, the next plugin judges them`, async () => {
    const lines: string[] = [];
    const chain = new PluginChain({
      onLog: (name, level, line) => lines.push(`${name} ${level} ${line}`),
    });
    await use(chain, withEvents(...code), { ...more, manifest: manifest("bad") });
    await use(chain, [...KEEP_ALL, ...withEvents(...annotation({ event: 3 }))], {
      manifest: manifest("good"),
    });
    const events = compileJob(new Scene(), 1);
    const kept = chain.run(events);
    assert.deepEqual(kept, events);
    assert.ok(events.every((event) => event.annotations?.get(UNJUDGED) === "bad"));
    assert.equal(events[3]?.annotations?.get("good.k"), "v");
    const [bad, good] = chain.list();
    assert.deepEqual(
      { seen: bad?.counts.seen, failed: bad?.counts.failed, kept: bad?.counts.kept },
      { seen: 6, failed: 6, kept: 0 },
    );
    assert.deepEqual(
      { seen: good?.counts.seen, kept: good?.counts.kept, annotated: good?.counts.annotated },
      { seen: 6, kept: 6, annotated: 1 },
    );
    const failed = lines.find((line) =>
      line.startsWith("bad error failed on a batch of 6 events: "),
    );
    assert.match(failed?.slice("bad error failed on a batch of 6 events: ".length) ?? "", reason);
  });
}

function manifest(name: string): string {
  return JSON.stringify({ name, version: "1.0.0", description: "" });
}

test("a plugin that writes over everything it can reach harms only its own batch", async () => {
  const chain = new PluginChain();
  // memory.fill of all its memory behind the first page with 0: header, records and verdicts.
  const wipe = [0x41, ...sleb(BLOCK), 0x41, 0, 0x41, ...sleb(63 * 65_536), 0xfc, 11, 0];
  await use(chain, wipe, { manifest: manifest("wipe") });
  await use(chain, KEEP_ALL, { manifest: manifest("next") });
  const events = compileJob(new Scene(), 10);
  for (let n = 0; n < 3; n++) assert.deepEqual(chain.run(events), events);
  for (const plugin of chain.list()) {
    assert.deepEqual([plugin.counts.seen, plugin.counts.kept], [180, 180], plugin.name);
  }
});

test("a plugin that grows its memory gets no more than the limit, and the host finds the batch again", async () => {
  const chain = new PluginChain();
  const pages = PLUGIN_LIMITS.memoryBytes / 65_536;
  // Grows page by page; keeps all if the last growth succeeded, drops all if it did not.
  const code = [
    ...[0x41, 1, 0x40, 0, 0x41, 0x7f, 0x46, 0x21, 1],
    ...[0x20, 0, 0x20, 0, 0x28, 2, 36, 0x6a, 0x20, 1, 0x20, 0, 0x28, 2, 12, 0xfc, 11, 0],
  ];
  await use(chain, code);
  const events = compileJob(new Scene(), 1);
  let grown = 64;
  // The probe ran in another instance.
  while (chain.run(events).length === 6) grown++;
  assert.equal(grown, pages);
  assert.equal(chain.list()[0]?.counts.failed, 0);
});

test("a plugin that annotates without end is stopped at the number for one event", async () => {
  const chain = new PluginChain();
  const lines: string[] = [];
  const noisy = new PluginChain({ onLog: (_, __, line) => lines.push(line) });
  const times = (count: number) => {
    const size = 32 * count;
    const records: number[] = [];
    for (let n = 0; n < count; n++) {
      const at = 32 * n;
      records.push(
        ...setOutput(at + abi.OUTPUT_SIZE, 32),
        ...setOutput(at + abi.OUTPUT_KIND, abi.OUTPUT_KIND_ANNOTATION),
        ...setOutput(at + abi.OUTPUT_EVENT, 0),
        ...setOutput(at + abi.ANNOTATION_KEY_LENGTH, 1),
        ...setOutput(at + abi.ANNOTATION_VALUE_LENGTH, 0),
        ...setOutputByte(at + abi.ANNOTATION_TEXT, 0x61 + n),
      );
    }
    return [...KEEP_ALL, ...withEvents(...setField(abi.BATCH_OUTPUT_USED, size), ...records)];
  };
  await use(chain, times(16));
  await use(noisy, times(17));
  const [first] = chain.run(compileJob(new Scene(), 1));
  assert.equal(first?.annotations?.size, 16);
  noisy.run(compileJob(new Scene(), 1));
  assert.match(lines[0] ?? "", /made more than 16 annotations on one event$/);
});

test("log lines are bounded in length and number, and what is left out is counted", async () => {
  const lines: string[] = [];
  const chain = new PluginChain({ onLog: (_, level, line) => lines.push(`${level} ${line}`) });
  // 30 lines of 2000 bytes
  const code = [
    ...KEEP_ALL,
    ...withEvents(
      ...[0x41, 30, 0x21, 1, 0x03, 0x40],
      ...[0x41, 1, 0x41, ...sleb(8), 0x41, ...sleb(2000), 0x10, 0],
      ...[0x20, 1, 0x41, 1, 0x6b, 0x22, 1, 0x0d, 0, 0x0b],
    ),
  ];
  const bytes = new TextEncoder().encode("a".repeat(2000));
  await use(chain, code, { imports: [LOG], data: { at: 8, bytes } });
  chain.run(compileJob(new Scene(), 1));
  assert.equal(lines.length, 21);
  assert.equal(lines[0], `warning ${"a".repeat(1024)}… (976 bytes more)`);
  assert.equal(lines[20], "warning 10 more lines of this batch were left out");
});

test("after three failures within a minute a plugin is out of the chain, with the reason", async () => {
  let nowMs = 0;
  const chain = new PluginChain({ nowMs: () => nowMs });
  await use(chain, withEvents(0x00));
  const scene = new Scene();
  const run = (): Event[] => chain.run(compileJob(scene, 1));
  run();
  nowMs = 50_000;
  run();
  nowMs = 70_000; // the first is more than a minute ago
  run();
  assert.equal(chain.list()[0]?.failure, "");
  nowMs = 80_000;
  run();
  assert.equal(
    chain.list()[0]?.failure,
    "failed 3 times within 60 s, the last time it trapped: unreachable",
  );
  const later = run();
  assert.ok(later.every((event) => event.annotations === undefined));
  assert.equal(chain.list()[0]?.counts.seen, 24);
});

test("after a failure the plugin goes on with a fresh instance", async () => {
  const chain = new PluginChain();
  // Traps when global 0 is set, and sets it: every second call of an instance fails.
  const code = [...KEEP_ALL, ...withEvents(0x23, 0, 0x04, 0x40, 0x00, 0x0b, 0x41, 1, 0x24, 0)];
  await use(chain, code, { globals: 1 });
  const scene = new Scene();
  const judged = [1, 2, 3, 4].map(
    () => chain.run([scene.exec(scene.process("/bin/a"))])[0]?.annotations === undefined,
  );
  assert.deepEqual(judged, [true, false, true, false]);
});

test("a module that goes wrong before its first event is refused at upload", () => {
  const wrong: [Uint8Array, RegExp][] = [
    [
      plugin([0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 0]),
      /ran out of fuel: it has \d+ units for 0 events/,
    ],
    [plugin([0x41, 5]), /returned 5 from gs_process_batch, not 0/],
    [
      plugin([0x41, 0], { functions: [{ code: [0x03, 0x40, 0x0c, 0, 0x0b] }], start: 3 }),
      /^the plugin ran out of fuel: it has 50000000 units to start$/,
    ],
    [
      plugin([0x41, 0], { functions: [{ code: [0x00] }], start: 3 }),
      /^the plugin trapped: unreachable$/,
    ],
    [allocatesAt(12), /gave 12 as the place for a batch of \d+ bytes/],
    [allocatesAt(0), /gave 0 as the place/],
    [allocatesAt(64 * 65_536), /gave 4194304 as the place/],
    [allocatesAt(-8), /gave 4294967288 as the place/],
    [
      plugin([0x41, 0], { data: { at: 64 * 65_536, bytes: Uint8Array.of(1) } }),
      /data segment.* is out of bounds/,
    ],
  ];
  for (const [bytes, message] of wrong) {
    assert.throws(() => prepareModule(bytes), { code: "INVALID_ARGUMENT", message });
  }
});

/** A plugin whose gs_allocate gives this address. */
function allocatesAt(address: number): Uint8Array {
  return assemble({
    memory: [64],
    functions: [
      { name: "gs_abi", results: [I32], code: [0x41, 1] },
      { name: "gs_allocate", parameters: [I32], results: [I32], code: [0x41, ...sleb(address)] },
      { name: "gs_process_batch", parameters: [I32], results: [I32], code: [0x41, 0] },
    ],
  });
}
