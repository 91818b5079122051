import assert from "node:assert/strict";
import { test } from "node:test";
import { EventType, type FindingEvent } from "../../../host/events/model.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { assemble, I32, I64, sleb } from "../../host/plugins/assemble.js";
import { Scene } from "../../host/plugins/events.js";
import { activate, chainOf, configure } from "../../host/plugins/testPlugin.js";
import { extismModule } from "./modules.js";

const calls = Number(process.env.GUIDESTAR_EXTISM_CALLS ?? 3000);

const settings = {
  type: "object",
  properties: { label: { type: "string", default: "sh" } },
};

const module = (name: string) => extismModule(name, name === "noise-as" ? { settings } : {});

for (const [name, value, message] of [
  ["noise-as", "sh 2", "é"],
  ["noise-c", "true", "c"],
  ["noise-protobuf", "2", ""],
] as const) {
  test(`${name} drops, annotates and finds through the Extism ABI`, async () => {
    const lines: string[] = [];
    const chain = await chainOf([await module(name)], { onLog: (_, __, line) => lines.push(line) });
    const scene = new Scene();
    const [sleep, sh, tmp] = ["/usr/bin/sleep", "/bin/sh", "/tmp/x"].map((path) =>
      scene.exec(scene.process(path)),
    );
    assert.ok(sleep && sh && tmp);
    chain.run([tmp]);
    assert.equal(chain.takeMade().length, 1);
    assert.deepEqual(chain.run([sleep, sh, tmp]), [sh, tmp], lines.join("\n"));
    assert.equal(sh.annotations?.get("noise.shell"), value);
    const [finding] = chain.takeMade() as FindingEvent[];
    assert.equal(finding?.type, EventType.FINDING);
    const { severity, process, sequence } = finding;
    assert.deepEqual(
      [finding.name, severity, finding.message, process.binary, sequence],
      ["temporary", 4, message, "/tmp/x", 3],
    );
    const [plugin] = chain.list();
    assert.deepEqual([plugin?.counts.failed, plugin?.counts.dropped], [0, 1]);
    assert.ok((plugin?.counts.fuel ?? 0) > 0);
    if (name === "noise-as") {
      await configure(chain, "noise", { label: "shell" });
      chain.run([sh]);
      assert.equal(sh.annotations?.get("noise.shell"), "shell 3");
    }
  });

  test(`${name} runs for many calls, and nothing grows`, async () => {
    const chain = await chainOf([await module(name)]);
    const scene = new Scene();
    const events = [scene.exec(scene.process("/usr/bin/sleep")), scene.exec(scene.process("/a"))];
    let fuel = 0;
    const warm = Math.min(1000, calls / 3);
    let before = 0;
    for (let n = 0; n < calls; n++) {
      if (n === warm) {
        fuel = chain.list()[0]?.counts.fuel ?? 0;
        before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
      }
      assert.equal(chain.run([...events]).length, 1);
    }
    const { counts, failure } = chain.list()[0] as NonNullable<ReturnType<typeof chain.list>[0]>;
    assert.deepEqual([counts.failed, failure, counts.seen], [0, "", calls * 2]);
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().external - before;
    assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes more`);
    // What a call costs does not creep up either.
    const perCall = (counts.fuel - fuel) / (calls - warm);
    assert.ok(perCall < (fuel / warm) * 1.2, `${perCall} units a call, ${fuel / warm} at first`);
  });
}

/** A module that imports what `imports` says, and whose batch function is `code`. */
function handmade(
  imports: readonly { name: string; parameters?: number[]; results?: number[] }[],
  code: readonly number[],
): Uint8Array {
  return assemble({
    imports: imports.map((each) => ({ module: "extism:host/env", ...each })),
    functions: [{ name: "guidestar_batch", results: [I32], code }],
  });
}

const ALLOC = { name: "alloc", parameters: [I64], results: [I64] };
const OUTPUT = { name: "output_set", parameters: [I64, I64] };
const STORE = { name: "store_u64", parameters: [I64, I64] };
const LENGTH = { name: "input_length", results: [I64] };

test("an Extism plugin that misbehaves is refused or contained as any other", async () => {
  const wrong: [Uint8Array, RegExp][] = [
    [
      handmade([{ name: "http_request", parameters: [I64, I64], results: [I64] }], [0x41, 0]),
      /imports extism:host\/env\.http_request, which plugins may not have/,
    ],
    [
      handmade([{ name: "alloc", parameters: [I32], results: [I64] }], [0x41, 0]),
      /imports .* as a/,
    ],
    [handmade([LENGTH], [0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 0]), /ran out of fuel: it has \d+ units/],
    [handmade([LENGTH], [0x41, 5]), /the plugin failed: it returned 5$/],
    [
      handmade([ALLOC], [0x42, ...sleb(1 << 30), 0x10, 0, 0x1a, 0x41, 0]),
      /asked for a block of 1073741824 bytes, where 16777216 are in all$/,
    ],
    [
      handmade([STORE], [0x42, ...sleb(-1), 0x42, 0, 0x10, 0, 0x41, 0]),
      /named 8 bytes at \d+, outside of its blocks$/,
    ],
    [
      handmade([OUTPUT], [0x42, 0, 0x42, ...sleb(100_000_000), 0x10, 0, 0x41, 0]),
      /gave 100000000 bytes of output, 4194304 are allowed$/,
    ],
    // The input is no answer.
    [
      handmade([OUTPUT, LENGTH], [0x42, 16, 0x10, 1, 0x10, 0, 0x41, 0]),
      /gave output with an unknown "batch"$/,
    ],
  ];
  for (const [bytes, message] of wrong) {
    assert.throws(() => prepareModule(bytes), { code: "INVALID_ARGUMENT", message });
  }
});

test("a plugin that reads protobuf hands its state to the next version, and nonsense from it is contained", async () => {
  const lines: string[] = [];
  const chain = new PluginChain({ onLog: (_, __, line) => lines.push(line) });
  const scene = new Scene();
  const shell = () => {
    const [event] = chain.run([scene.exec(scene.process("/bin/sh"))]);
    return event?.annotations?.get("noise.shell");
  };
  await activate(chain, prepareModule(await extismModule("noise-protobuf")));
  assert.deepEqual([shell(), shell()], ["1", "2"]);
  await activate(chain, prepareModule(await extismModule("noise-protobuf", { version: "2" })), 3);
  assert.deepEqual(lines, ["took over 1 bytes of state"]);
  assert.equal(shell(), "3");
  const broken = scene.exec(scene.process("/broken"));
  assert.deepEqual(chain.run([broken]), [broken]);
  assert.match(lines[1] ?? "", /gave output that is no PluginAnswer: /);
  assert.equal(broken.annotations?.get("guidestar.unjudged"), "noise");
});
