import assert from "node:assert/strict";
import { test } from "node:test";
import { PluginChain } from "../../../host/plugins/chain.js";
import { PLUGIN_LIMITS } from "../../../host/plugins/limits.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { prepare } from "../../../host/plugins/validate.js";
import { Writer } from "../../../host/plugins/wasm/writer.js";
import * as abi from "../../../plugins/sdk/abi.js";
import {
  I32,
  I64,
  KEEP_ALL,
  type ModuleSource,
  plugin,
  setField,
  setOutput,
  sleb,
} from "./assemble.js";
import { compileJob, Scene } from "./events.js";
import { activate, compilePlugin } from "./testPlugin.js";

const LOOP = [0x03, 0x40, 0x0c, 0, 0x0b];
const HELD = abi.SUBJECT_HELD;

/** Only when there are events: the probe at upload has none. */
function withEvents(...code: number[]): number[] {
  return [0x20, 0, 0x28, 2, 12, 0x04, 0x40, ...code, 0x0b];
}

/** Keeps all, and writes records of 40 bytes whose 32-bit fields are these, from byte 4 on. */
function records(...all: readonly (readonly number[])[]): number[] {
  const code = [...KEEP_ALL, ...setField(abi.BATCH_OUTPUT_USED, 40 * all.length)];
  all.forEach((fields, n) => {
    code.push(...setOutput(40 * n, 40));
    fields.forEach((value, field) => {
      code.push(...setOutput(40 * n + 4 + 4 * field, value));
    });
  });
  return withEvents(...code);
}

const { OUTPUT_KIND_EMIT: EMIT, OUTPUT_KIND_FINDING: FINDING, OUTPUT_KIND_PATCH: PATCH } = abi;
const { OUTPUT_KIND_HOLD: HOLD, OUTPUT_KIND_RELEASE: RELEASE, OUTPUT_KIND_ANNOTATION: NOTE } = abi;
/** Letters for texts: "aaaa". */
const A = 0x61616161;
const kv = (name: string, parameters: number) => ({
  imports: [{ module: "guidestar", name, parameters: Array(parameters).fill(I32), results: [I32] }],
});
const call = (...operands: number[]) =>
  withEvents(...KEEP_ALL, ...operands.flatMap((value) => [0x41, ...sleb(value)]), 0x10, 0, 0x1a);

const hostile: readonly [string, readonly number[], RegExp, Partial<ModuleSource>?][] = [
  [
    "emits an event that is not there",
    records([EMIT, 6, 0, 1, 0]),
    /^emits event 6 of a batch of 6$/,
  ],
  ["emits what it emitted", records([EMIT, 0, 0, 1, 0], [EMIT, 6, 0, 1, 0]), /^emits event 6 of/],
  ["emits for nobody", records([EMIT, 0, 0, 0, 0]), /^emits one event for 0$/],
  [
    "emits for too many",
    records([EMIT, 0, 0, 0, 0x200000]),
    /^emits one event for 9007199254740992$/,
  ],
  [
    "emits what it does not hold",
    records([EMIT, HELD + 3, 1, 1, 0]),
    /^emits held event 3, which it does not hold$/,
  ],
  [
    "emits a held event twice",
    records([HOLD, 0, 3], [EMIT, HELD + 3, 1, 1, 0], [EMIT, HELD + 3, 0, 1, 0]),
    /^emits held event 3, which it does not hold$/,
  ],
  ["emits from nowhere", records([EMIT, -1, 0, 1, 0]), /^has a held event of number 2147483647, /],
  ["holds what is not there", records([HOLD, 6, 0]), /^holds event 6 of a batch of 6$/],
  ["holds what it holds", records([HOLD, HELD, 0]), /^holds event 2147483648 of a batch of 6$/],
  [
    "holds too many",
    records([HOLD, 0, 10_000]),
    /^has a held event of number 10000, they go up to 9999$/,
  ],
  [
    "releases what it does not hold",
    records([RELEASE, 0, 5]),
    /^releases held event 5, which it does/,
  ],
  [
    "releases twice",
    records([HOLD, 0, 5], [RELEASE, 0, 5], [RELEASE, 0, 5]),
    /^releases held event 5/,
  ],
  ["finds of no severity", records([FINDING, 0, 0, 1, 1, A]), /of the unknown severity 0$/],
  ["finds of severity 6", records([FINDING, 0, 6, 1, 1, A]), /of the unknown severity 6$/],
  [
    "finds in nothing",
    records([FINDING, 99, 1, 1, 1, A]),
    /^found something in event 99 of a batch/,
  ],
  [
    "finds without a name",
    records([FINDING, 0, 1, 0, 1, A]),
    /a finding with the name "": letters/,
  ],
  [
    "finds with an endless name",
    records([FINDING, 0, 1, -1, 1, A]),
    /finding longer than its record of 40/,
  ],
  [
    "finds with an endless message",
    records([FINDING, 0, 1, 1, -1, A]),
    /finding longer than its record/,
  ],
  [
    "finds with a message that is not UTF-8",
    records([FINDING, 0, 1, 1, 1, 0xff61]),
    /^made a finding with a message that is not valid UTF-8$/,
  ],
  ["fills an unknown field", records([PATCH, 0, 99, 1, 0, A]), /^fills the unknown field 99$/],
  [
    "fills with an endless text",
    records([PATCH, 0, 1, -1, 0, A]),
    /^wrote a field longer than its record/,
  ],
  [
    "fills a field of nothing",
    records([PATCH, 7, 1, 1, 0, A]),
    /^fills fields of event 7 of a batch of 6$/,
  ],
  [
    "annotates what it has not emitted",
    records([EMIT, 0, 0, 1, 0], [NOTE, 7, 1, 1, 0, A]),
    /^annotated event 7 of a batch of 6$/,
  ],
  [
    "asks for a key of no bytes",
    call(0, 0, 8, 8),
    /^used a key of 0 bytes, 1 to 256/,
    kv("kv_get", 4),
  ],
  [
    "asks for a huge key",
    call(0, 257, 8, 8),
    /^used a key of 257 bytes, 1 to 256/,
    kv("kv_get", 4),
  ],
  ["asks for a key outside", call(-1, 8, 8, 8), /outside of its memory$/, kv("kv_get", 4)],
  ["reads a value to outside", call(0, 8, -4, 8), /outside of its memory$/, kv("kv_get", 4)],
  ["reads a value of all memory", call(0, 8, 0, -1), /outside of its memory$/, kv("kv_get", 4)],
  [
    "keeps a huge value",
    call(0, 8, 8, 65_537),
    /^set a value of 65537 bytes, 65536 are/,
    kv("kv_set", 4),
  ],
  ["keeps a value from outside", call(0, 8, -4, 8), /outside of its memory$/, kv("kv_set", 4)],
  ["deletes outside", call(-1, 8), /outside of its memory$/, kv("kv_delete", 2)],
];

for (const [what, code, reason, more] of hostile) {
  test(`a plugin that ${what} is contained, and nothing of the call has an effect`, async () => {
    const lines: string[] = [];
    const chain = new PluginChain({ onLog: (_, __, line) => lines.push(line) });
    await activate(chain, prepareModule(plugin([...code, 0x41, 0], more)));
    const events = compileJob(new Scene(), 1);
    assert.deepEqual(chain.run(events), events);
    assert.ok(events.every((event) => event.annotations?.get("guidestar.unjudged") === "handmade"));
    assert.deepEqual(chain.takeMade(), []);
    assert.match((lines[0] ?? "").replace(/^failed on a batch of 6 events: /, ""), reason);
    const [{ counts }] = chain.list() as [ReturnType<PluginChain["list"]>[0]];
    assert.deepEqual([counts.failed, counts.emitted, counts.findings], [6, 0, 0]);
  });
}

test("a loop without end in any export is refused at upload", () => {
  const exports: [string, number[], number[], string?][] = [
    ["gs_tick", [I32], [I32], "for a tick"],
    ["gs_configure", [I32, I32], [I32], "to take settings"],
    ["gs_save_state", [], [I32], "to save its state"],
    ["gs_load_state", [I32, I32], [I32], "to load a state"],
  ];
  const schema = { type: "object", properties: {} };
  const base = { name: "handmade", version: "1", description: "" };
  for (const [name, parameters, results, purpose] of exports) {
    const functions = [{ name, parameters, results, code: [...LOOP, 0x41, 0] }];
    // State comes in pairs; this one gives "no bytes" at address 0, and takes anything.
    if (name === "gs_save_state") {
      functions.push({ name: "gs_load_state", parameters: [I32, I32], results, code: [0x41, 0] });
    }
    if (name === "gs_load_state") {
      functions.push({ name: "gs_save_state", parameters: [], results, code: [0x41, 0] });
    }
    const manifest = JSON.stringify({
      ...base,
      ...(name === "gs_tick" && { tickMs: 1000 }),
      ...(name === "gs_configure" && { settings: schema }),
    });
    assert.throws(() => prepareModule(plugin([...KEEP_ALL, 0x41, 0], { functions, manifest })), {
      code: "INVALID_ARGUMENT",
      message: new RegExp(`ran out of fuel: it has \\d+ units ${purpose}$`),
    });
  }
});

test("state that lies outside of the memory, or is too long, is refused", () => {
  const saving = (code: number[]) =>
    plugin([...KEEP_ALL, 0x41, 0], {
      functions: [
        { name: "gs_save_state", results: [I32], code },
        { name: "gs_load_state", parameters: [I32, I32], results: [I32], code: [0x41, 0] },
      ],
    });
  const at = (address: number, bytes: number) => [
    ...[0x41, ...sleb(address), 0x41, ...sleb(bytes), 0x36, 2, 0],
    ...[0x41, ...sleb(address)],
  ];
  const wrong: [number[], RegExp][] = [
    [[0x41, ...sleb(-4)], /gave 4294967292 as the place of its state$/],
    [[0x41, 3], /gave 3 as the place of its state$/],
    [at(8, -1), /gave 8 as the place of its state$/],
    [at(8, 64 * 65_536), /gave 8 as the place of its state$/],
  ];
  for (const [code, message] of wrong) {
    assert.throws(() => prepareModule(saving(code)), { code: "INVALID_ARGUMENT", message });
  }
  assert.ok(prepareModule(saving(at(8, 100))));
});

test("a flood of emits, findings or fields is stopped at the numbers for a call", async () => {
  const source = `
    import { annotate, Event, hold, log, Verdict } from "guidestar";
    import { writeEmit, writeFinding, writePatch } from "sdk/output";
    let holds = false;
    export function onEvent(event: Event): Verdict {
      holds = hold() !== null;
      return Verdict.Drop;
    }
    export function onTick(isLast: bool): void {
      // The probe at upload has no events.
      if (!holds) return;
      log.info("tick");
      for (let n = 0; n < TIMES; n++) WHAT;
    }`;
  const cases: [string, string, RegExp][] = [
    [
      "1_000_000",
      "writeEmit(0x80000000, 1, false)",
      /aborted: the output area of this batch is full/,
    ],
    ["5000", "writeEmit(0x80000000, 1, false)", /emitted more than 4096 events in one call$/],
    ["300", "writeFinding(0x80000000, 1, 'a', 'b')", /made more than 256 findings in one call$/],
    ["8193", "writePatch(0x80000000, 1, '')", /filled more than 8192 fields in one call$/],
  ];
  for (const [times, what, reason] of cases) {
    const lines: string[] = [];
    let nowMs = 0;
    const chain = new PluginChain({ nowMs: () => nowMs, onLog: (_, __, line) => lines.push(line) });
    const bytes = await compilePlugin(source.replace("WHAT", what).replace("TIMES", times), {
      tickMs: 1000,
    });
    await activate(chain, prepareModule(bytes));
    const scene = new Scene();
    chain.run([scene.exec(scene.process("/bin/sh"))]);
    nowMs = 1000;
    chain.tick();
    assert.equal(lines[0], "tick");
    assert.match(lines[1] ?? "", reason);
    const made = chain.takeMade();
    assert.equal(made.length, 1, "only the held event, which goes unjudged");
    assert.equal(chain.list()[0]?.counts.emitted, 0);
  }
});

test("imports under false names or types are refused, each by its name", () => {
  const wrong: [string, string, number[], number[], RegExp][] = [
    ["guidestar", "exec", [I32], [], /imports guidestar\.exec, which plugins may not have/],
    ["guidestar", "toString", [], [], /imports guidestar\.toString, which plugins may not/],
    ["guidestar", "__proto__", [], [], /imports guidestar\.__proto__, which plugins may not/],
    ["env", "log", [I32, I32, I32], [], /imports env\.log, which plugins may not/],
    ["", "", [], [], /imports \., which plugins may not/],
    [
      "guidestar",
      "log",
      [I64, I32, I32],
      [],
      /imports guidestar\.log as a function \(i64, i32, i32\)/,
    ],
    [
      "guidestar",
      "clock",
      [],
      [I32],
      /imports guidestar\.clock as a function \(\) -> \(i32\), it is/,
    ],
  ];
  for (const [module, name, parameters, results, message] of wrong) {
    const imports = [{ module, name, parameters, results }];
    assert.throws(() => prepareModule(plugin([0x41, 0], { imports })), {
      code: "INVALID_ARGUMENT",
      message,
    });
  }
});

test("data segments of 100 MB are refused, whether they are there or only said to be", async () => {
  const huge = plugin([0x41, 0], { data: { at: 0, bytes: new Uint8Array(100 * 1024 * 1024) } });
  await assert.rejects(prepare(huge), {
    code: "INVALID_ARGUMENT",
    message: `the module has ${huge.length} bytes, more than the ${PLUGIN_LIMITS.moduleBytes} that a plugin may have`,
  });
  const lying = new Writer()
    .u32(1)
    .u32(0)
    .raw([0x41, 0, 0x0b])
    .u32(100 * 1024 * 1024);
  const tail = [...new Writer().section(11, lying.bytes).bytes];
  await assert.rejects(prepare(plugin([0x41, 0], { tail })), {
    code: "INVALID_ARGUMENT",
    message: /data segment 0/,
  });
});
