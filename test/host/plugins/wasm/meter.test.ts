import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../../../host/plugins/wasm/decode.js";
import { PrivateExport, rewrite } from "../../../../host/plugins/wasm/rewrite.js";
import { assemble, type FunctionSource, I32, sleb } from "../assemble.js";
import { generator } from "../generator.js";

/** Locals of a generated function: 0 its parameter, 1 a value, then a counter for each loop around. */
const VALUE = 1;
const FIRST_COUNTER = 2;
const DEEPEST = 4;

/** A function of nested blocks, loops, ifs and jumps that always ends. */
class FunctionMaker {
  constructor(
    private readonly random: (below: number) => number,
    /** Functions that it may call. */
    private readonly callees: number,
  ) {}

  make(): FunctionSource {
    return {
      parameters: [I32],
      results: [I32],
      locals: 1 + DEEPEST,
      code: [0x20, 0, 0x21, VALUE, ...this.body(0, []), 0x20, VALUE],
    };
  }

  /** `targets`: for each block around, innermost first, whether one may jump there. */
  private body(depth: number, targets: readonly boolean[]): number[] {
    const code: number[] = [];
    const count = 1 + this.random(4);
    for (let n = 0; n < count; n++) code.push(...this.statement(depth, targets));
    return code;
  }

  private statement(depth: number, targets: readonly boolean[]): number[] {
    const kind = this.random(depth < DEEPEST ? 9 : 5);
    switch (kind) {
      case 0:
        return this.pad(1 + this.random(12));
      case 1:
        return this.pad(1);
      case 2:
        if (this.callees === 0) return this.pad(2);
        return [0x20, VALUE, 0x10, this.random(this.callees), 0x20, VALUE, 0x6a, 0x21, VALUE];
      case 3:
        return this.jump(targets);
      case 4:
        // memory.fill(0, value, value & 63)
        return [0x41, 0, 0x20, VALUE, 0x20, VALUE, 0x41, ...sleb(63), 0x71, 0xfc, 11, 0];
      case 5:
        return [0x02, 0x40, ...this.body(depth + 1, [true, ...targets]), 0x0b];
      case 6:
        return this.loop(depth, targets);
      default:
        return this.branch(depth, targets);
    }
  }

  /** value = value * 31 + n, a few times. */
  private pad(times: number): number[] {
    const code: number[] = [];
    for (let n = 0; n < times; n++) {
      code.push(0x20, VALUE, 0x41, 31, 0x6c, 0x41, ...sleb(n + this.random(50)), 0x6a, 0x21, VALUE);
    }
    return code;
  }

  private condition(): number[] {
    return [0x20, VALUE, 0x41, this.random(31), 0x76, 0x41, 1 + this.random(3), 0x71];
  }

  private jump(targets: readonly boolean[]): number[] {
    const possible = [...targets.keys()].filter((n) => targets[n]);
    const label = possible[this.random(possible.length + 1)];
    if (label !== undefined) return [...this.condition(), 0x0d, label];
    // return, now and then
    return [...this.condition(), ...this.condition(), 0x71, 0x04, 0x40, 0x20, VALUE, 0x0f, 0x0b];
  }

  private loop(depth: number, targets: readonly boolean[]): number[] {
    const counter = FIRST_COUNTER + depth;
    return [
      ...[0x41, 1 + this.random(4), 0x21, counter, 0x03, 0x40],
      ...this.body(depth + 1, [false, ...targets]),
      ...[0x20, counter, 0x41, 1, 0x6b, 0x22, counter, 0x0d, 0, 0x0b],
    ];
  }

  private branch(depth: number, targets: readonly boolean[]): number[] {
    const inner = [true, ...targets];
    const then = [...this.condition(), 0x04, 0x40, ...this.body(depth + 1, inner)];
    if (this.random(2) === 0) return [...then, 0x0b];
    return [...then, 0x05, ...this.body(depth + 1, inner), 0x0b];
  }
}

function makeModule(seed: number): Uint8Array {
  const random = generator(seed);
  const functions: FunctionSource[] = [];
  for (let n = 0; n < 4; n++) functions.push(new FunctionMaker(random, n).make());
  const last = functions.length - 1;
  functions[last] = { ...(functions[last] as FunctionSource), name: "run" };
  return assemble({ manifest: null, functions });
}

function run(bytes: Uint8Array, argument: number, budget: bigint) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const fuel = exports[PrivateExport.fuel] as WebAssembly.Global | undefined;
  if (fuel) fuel.value = budget;
  try {
    const result = (exports.run as (n: number) => number)(argument);
    return { result, left: fuel?.value ?? 0n };
  } catch (error) {
    return { result: (error as Error).message, left: fuel?.value ?? 0n };
  }
}

test("300 generated programs compute the same with fuel, and burn the same in registers as without", () => {
  const most = 1n << 40n;
  for (let seed = 1; seed <= 300; seed++) {
    const original = makeModule(seed);
    assert.ok(WebAssembly.validate(original), `seed ${seed}`);
    const module = decode(original);
    const options = { memoryBytes: 1 << 24 };
    const quick = rewrite(module, options);
    const plain = rewrite(module, { ...options, registers: false });
    for (const argument of [0, 7, -1]) {
      const expected = run(original, argument, 0n).result;
      const a = run(quick, argument, most);
      const b = run(plain, argument, most);
      assert.equal(a.result, expected, `seed ${seed}`);
      assert.deepEqual(a, b, `seed ${seed}`);
      const used = most - a.left;
      assert.deepEqual(run(quick, argument, used), { result: expected, left: 0n });
      const short = run(quick, argument, used - 1n);
      assert.deepEqual([short.result, short.left < 0n], ["unreachable", true]);
    }
  }
});
