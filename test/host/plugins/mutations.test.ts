import assert from "node:assert/strict";
import { test } from "node:test";
import { GuidestarError } from "../../../host/errors.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import type { PreparedPlugin } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { compileJob, Scene } from "./events.js";
import { generator } from "./generator.js";
import { activate, compileExample, compilePlugin } from "./testPlugin.js";

function mutate(good: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(good);
  const edits = 1 + (random(3) >> 1);
  for (let n = 0; n < edits; n++) {
    const at = 8 + random(bytes.length - 8);
    const kind = random(4);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    else if (kind === 2)
      bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x0b, 0x10, 0x41][random(8)] as number;
    else bytes.copyWithin(at, 8 + random(bytes.length - 8), bytes.length - random(16));
  }
  return bytes;
}

/** Undefined if it is refused as it should be: with one of our errors. */
function tryPrepare(bytes: Uint8Array): PreparedPlugin | undefined {
  try {
    return prepareModule(bytes);
  } catch (error) {
    assert.ok(error instanceof GuidestarError, `no error of ours: ${error}`);
    assert.equal(error.code, "INVALID_ARGUMENT", error.message);
    assert.ok(error.message.length < 600 && !error.message.includes("undefined"), error.message);
    return undefined;
  }
}

test("2,000 mutations of a good plugin are each refused, or contained when they run", async () => {
  const good = await compilePlugin(`
    import { annotate, Event, log, TextSet, Verdict } from "guidestar";
    const NAMES = new TextSet(["as", "gcc", "sh"]);
    let seen = new Map<string, i32>();
    export function onEvent(event: Event): Verdict {
      const name = event.process.binary.basename;
      if (!NAMES.has(name)) return Verdict.Keep;
      const key = name.toString();
      seen.set(key, seen.has(key) ? seen.get(key) + 1 : 1);
      if (seen.get(key) == 3) log.info("third " + key);
      annotate("count", seen.get(key));
      return event.isExit && event.exit.status > 0 ? Verdict.Drop : Verdict.Keep;
    }`);
  const random = generator(20_260_801);
  let refused = 0;
  let ran = 0;
  let failed = 0;
  for (let n = 0; n < 2000; n++) {
    const prepared = tryPrepare(mutate(good, random));
    if (!prepared) {
      refused++;
      continue;
    }
    const chain = new PluginChain();
    await activate(chain, prepared);
    const events = compileJob(new Scene(), 30);
    const kept = chain.run(events);
    const counts = chain.list()[0]?.counts;
    assert.ok(counts);
    assert.equal(counts.seen, counts.kept + counts.dropped + counts.failed);
    assert.equal(kept.length, counts.kept + counts.failed + (events.length - counts.seen));
    ran++;
    if (counts.failed > 0) failed++;
  }
  assert.equal(refused + ran, 2000);
  assert.ok(
    refused > 700 && ran > 150 && failed > 0,
    `${refused} refused, ${ran} ran, ${failed} failed`,
  );
});

test("a plugin cut off anywhere is refused", async () => {
  const good = await compileExample("server-shell");
  const random = generator(7);
  for (let n = 0; n < 150; n++) {
    assert.equal(tryPrepare(good.subarray(0, random(good.length))), undefined);
  }
  assert.ok(tryPrepare(good));
});
