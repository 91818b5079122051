import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../../../host/plugins/wasm/decode.js";
import { PrivateExport, rewrite } from "../../../../host/plugins/wasm/rewrite.js";
import { assemble, I32, sleb } from "../assemble.js";
import { compileProgram, programs } from "./programs.js";

const memoryBytes = 16 * 1024 * 1024;
const imports = {
  env: {
    abort: () => {
      throw new Error("abort");
    },
  },
};

function instantiate(bytes: Uint8Array) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  const fuel = exports[PrivateExport.fuel] as WebAssembly.Global | undefined;
  if (fuel) fuel.value = 1n << 50n;
  (exports[PrivateExport.start] as (() => void) | undefined)?.();
  const run = exports.run as (seed: number) => number;
  return {
    run,
    exports,
    fuel: fuel as WebAssembly.Global,
    /** Runs with so much fuel; returns what was burnt. */
    burn(seed: number, budget = 1n << 50n): { result: number; burnt: bigint } {
      (fuel as WebAssembly.Global).value = budget;
      const result = run(seed);
      return { result, burnt: budget - (fuel as WebAssembly.Global).value };
    },
  };
}

const optionSets = [
  ["-O0", "--runtime", "stub"],
  ["-O3", "--runtime", "stub"],
  ["-O3", "--runtime", "incremental"],
];

for (const [name, source] of Object.entries(programs)) {
  test(`a rewritten module computes what the original does: ${name}`, async () => {
    for (const options of optionSets) {
      const original = await compileProgram(source, ...options);
      const rewritten = rewrite(decode(original), { memoryBytes });
      assert.ok(WebAssembly.validate(rewritten));
      const plain = instantiate(original);
      const metered = instantiate(rewritten);
      for (let seed = -20; seed < 60; seed += 3) {
        assert.equal(metered.run(seed), plain.run(seed), `${options.join(" ")}, seed ${seed}`);
      }
    }
  });

  test(`the same run burns the same fuel, and one unit less is not enough: ${name}`, async () => {
    const rewritten = rewrite(decode(await compileProgram(source, "-O3", "--runtime", "stub")), {
      memoryBytes,
    });
    const first = instantiate(rewritten);
    const second = instantiate(rewritten);
    for (const seed of [1, 5, 9]) {
      const a = first.burn(seed);
      assert.deepEqual(second.burn(seed), a);
      assert.ok(a.burnt > 0n);
    }
    const { burnt } = instantiate(rewritten).burn(3);
    const exact = instantiate(rewritten);
    assert.equal(exact.burn(3, burnt).burnt, burnt);
    assert.equal(exact.fuel.value, 0n);
    const short = instantiate(rewritten);
    assert.throws(() => short.burn(3, burnt - 1n), { message: /unreachable/ });
    assert.ok(short.fuel.value < 0n, "the counter tells that it was fuel");
  });
}

test("fuel grows with the work that is done", () => {
  const { burn } = instantiate(countdown());
  const [ten, thousand] = [burn(10).burnt, burn(1000).burnt];
  assert.ok(thousand > ten * 50n && thousand < ten * 200n, `${ten} and ${thousand}`);
});

test("an endless loop, whatever it consists of, runs out of fuel", () => {
  const loops = {
    "a bare jump": [0x03, 0x40, 0x0c, 0, 0x0b],
    "a loop in a loop": [0x03, 0x40, 0x03, 0x40, 0x0c, 1, 0x0b, 0x0b],
    "a conditional jump": [0x03, 0x40, 0x41, 1, 0x0d, 0, 0x0b],
    "a jump table": [0x03, 0x40, 0x41, 0, 0x0e, 1, 0, 0, 0x0b],
    "a loop around a call": [0x03, 0x40, 0x41, 0, 0x10, 1, 0x1a, 0x0c, 0, 0x0b],
    "a jump out of an arm": [0x03, 0x40, 0x41, 1, 0x04, 0x40, 0x0c, 1, 0x0b, 0x0b],
    recursion: [0x41, 0, 0x10, 0, 0x1a],
  };
  for (const [name, code] of Object.entries(loops)) {
    const module = assemble({
      manifest: null,
      functions: [
        { name: "run", parameters: [I32], results: [I32], code: [...code, 0x41, 0] },
        { parameters: [I32], results: [I32], code: [0x20, 0] },
      ],
    });
    const metered = instantiate(rewrite(decode(module), { memoryBytes }));
    assert.throws(() => metered.burn(0, 20_000n), { message: /unreachable/ }, name);
    assert.ok(metered.fuel.value < 0n, name);
  }
});

test("copying and filling memory is charged by the byte", () => {
  const fill = [0x41, 0, 0x41, 7, 0x20, 0, 0xfc, 11, 0];
  const copy = [0x41, 0, 0x41, 8, 0x20, 0, 0xfc, 10, 0, 0];
  for (const code of [fill, copy]) {
    const module = assemble({
      manifest: null,
      memory: [16],
      functions: [{ name: "run", parameters: [I32], results: [I32], code: [...code, 0x41, 0] }],
    });
    const metered = instantiate(rewrite(decode(module), { memoryBytes }));
    const small = metered.burn(8).burnt;
    const large = metered.burn(800_000).burnt;
    assert.equal(large - small, 99_999n);
    assert.throws(() => metered.burn(800_000, 50_000n), { message: /unreachable/ });
    assert.ok(metered.fuel.value < 0n);
  }
});

test("the start function waits for the host, which gives it fuel first", () => {
  const endless = assemble({
    manifest: null,
    functions: [
      { code: [0x03, 0x40, 0x0c, 0, 0x0b] },
      { name: "run", parameters: [I32], results: [I32], code: [0x20, 0] },
    ],
    start: 0,
  });
  const module = new WebAssembly.Module(rewrite(decode(endless), { memoryBytes }));
  const { exports } = new WebAssembly.Instance(module, imports);
  const fuel = exports[PrivateExport.fuel] as WebAssembly.Global;
  fuel.value = 1000n;
  assert.throws(exports[PrivateExport.start] as () => void, { message: /unreachable/ });
  assert.ok(fuel.value < 0n);
});

test("a module without fuel cannot run at all", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(countdown()), imports);
  assert.throws(() => (exports.run as (n: number) => number)(0), { message: /unreachable/ });
});

test("memory cannot grow beyond the limit, and a lower maximum stays", () => {
  const grow = [0x20, 0, 0x40, 0];
  const make = (memory: readonly [number, number?]) =>
    instantiate(
      rewrite(
        decode(
          assemble({
            manifest: null,
            memory,
            functions: [{ name: "run", parameters: [I32], results: [I32], code: grow }],
          }),
        ),
        { memoryBytes },
      ),
    );
  for (const memory of [[2], [2, 65_536]] as const) {
    const { run } = make(memory);
    assert.equal(run(255), -1);
    assert.equal(run(254), 2);
    assert.equal(run(1), -1);
  }
  assert.equal(make([2, 3]).run(2), -1);
  assert.throws(() => make([257]), {
    message: /asks for 16842752 bytes of memory at start, more than the 16777216 allowed/,
  });
});

test("a module cannot reach the counter: neither by index nor by name", () => {
  const steal = assemble({
    manifest: null,
    globals: 1,
    // global.get 1 would be the counter
    functions: [{ name: "run", parameters: [I32], results: [I32], code: [0x23, 1, 0x1a, 0x41, 0] }],
  });
  assert.throws(() => rewrite(decode(steal), { memoryBytes }), {
    message: /names global 1, which is not there/,
  });
  const twin = assemble({ manifest: null, functions: [{ name: PrivateExport.fuel, code: [] }] });
  assert.throws(() => rewrite(decode(twin), { memoryBytes }), {
    message: /exports guidestar.fuel, a name that belongs to the host/,
  });
});

/** run(n) counts n down to 0. */
function countdown(): Uint8Array {
  const code = [
    ...[0x03, 0x40],
    ...[0x20, 0, 0x45, 0x45, 0x04, 0x40],
    ...[0x20, 0, 0x41, ...sleb(1), 0x6b, 0x21, 0, 0x0c, 1],
    ...[0x0b, 0x0b, 0x20, 0],
  ];
  const module = assemble({
    manifest: null,
    functions: [{ name: "run", parameters: [I32], results: [I32], code }],
  });
  return rewrite(decode(module), { memoryBytes });
}
