/** What plugins ask for in their manifests, and what a node gives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ceilingOf, extismFuelFor, fuelFor } from "../../../host/plugins/budget.js";
import { functionTest } from "../../../host/plugins/functions.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { call, exec, process } from "../stream/events.js";
import { activate, chainOf, compilePlugin } from "./testPlugin.js";

const burner = (turns: number) => `
import { Event, Verdict } from "guidestar";
export function onEvent(event: Event): Verdict {
  let sum: i32 = 0;
  for (let n = 0; n < ${turns}; n++) sum = sum * 31 + event.process.pid + n;
  return sum == 1 ? Verdict.Drop : Verdict.Keep;
}`;

test("a plugin that asks for more fuel may burn it, one that asks for less may not burn the default", async () => {
  const source = burner(2_000_000);
  const event = exec(process());
  const failed = async (limits: object) => {
    const chain = await chainOf([await compilePlugin(source, { limits })]);
    assert.deepEqual(chain.run([event]), [event]);
    return chain.list()[0]?.counts.failed;
  };
  assert.equal(await failed({}), 1, "two million turns are more than ten million units");
  assert.equal(await failed({ fuelPerCall: 90_000_000 }), 0);
  const small = await compilePlugin(burner(100_000), { limits: { fuelPerCall: 100_000 } });
  const chain = await chainOf([small]);
  chain.run([event]);
  assert.equal(chain.list()[0]?.counts.failed, 1);
});

test("a plugin gets the memory that it asks for, and no more", async () => {
  const source = (mebibytes: number) => `
import { Event, Verdict } from "guidestar";
const kept = new Uint8Array(${mebibytes} << 20);
export function onEvent(event: Event): Verdict {
  return kept.length > 0 ? Verdict.Drop : Verdict.Keep;
}`;
  await assert.rejects(compilePlugin(source(20)), /no memory left|trapped|abort/);
  const large = await compilePlugin(source(20), { limits: { memoryBytes: 40 << 20 } });
  const chain = await chainOf([large]);
  assert.deepEqual(chain.run([exec(process())]), []);
});

test("what a node does not give is refused by name, with what to do", async () => {
  const bytes = await compilePlugin(burner(1), {
    limits: { memoryBytes: 40 << 20, fuelPerEvent: 60_000 },
  });
  const refused = (ceiling: Parameters<typeof ceilingOf>[0]) => () =>
    prepareModule(bytes, undefined, ceilingOf(ceiling));
  assert.throws(refused({ memoryBytes: 32 << 20 }), {
    code: "INVALID_ARGUMENT",
    message:
      "memoryBytes of limits in the manifest is 41943040, and this node gives no plugin more than 33554432: ask for less, or raise --plugin-max-memory of the daemon",
  });
  assert.throws(
    refused({ fuelPerEvent: 50_000 }),
    /^GuidestarError: fuelPerEvent .* 60000, .* --plugin-max-fuel/,
  );
  assert.doesNotThrow(refused({}));
});

test("a plugin that asks for nothing gets the default, or what the node gives if that is less", async () => {
  const bytes = await compilePlugin(burner(1));
  const { budget } = prepareModule(bytes);
  assert.deepEqual(budget, {
    fuelPerCall: 10_000_000,
    fuelPerEvent: 50_000,
    memoryBytes: 16 << 20,
  });
  const tight = prepareModule(
    bytes,
    undefined,
    ceilingOf({ fuelPerEvent: 1000, memoryBytes: 8 << 20 }),
  );
  assert.deepEqual(tight.budget, {
    fuelPerCall: 200_000,
    fuelPerEvent: 1000,
    memoryBytes: 8 << 20,
  });
  assert.equal(fuelFor(3, tight.budget), 203_000);
  assert.equal(extismFuelFor(100, tight.budget), 200_000 + 400 * 0.02 * 100);
});

test("a plugin that names functions is given their calls only, and all other events that it wants", async () => {
  const source = `
import { Event, Verdict } from "guidestar";
export function onEvent(event: Event): Verdict { return Verdict.Drop; }`;
  const manifest = {
    events: ["exec", "kprobe", "tracepoint"],
    functions: ["write", "sched/sched_switch"],
  };
  const chain = await chainOf([]);
  const plugin = prepareModule(await compilePlugin(source, manifest));
  await activate(chain, plugin);
  const who = process();
  const write = call(who, { functionName: "__x64_sys_write" });
  const connect = call(who, { hook: 2, functionName: "tcp_connect" });
  const traced = call(who, {
    hook: 3,
    kind: "tracepoint",
    subsystem: "sched",
    functionName: "sched_switch",
  });
  assert.deepEqual(chain.run([exec(who), write, connect, traced]), [connect]);
  assert.equal(chain.list()[0]?.counts.seen, 3);
  assert.ok("hook" in connect && !functionTest(plugin)(connect.hook));
});
