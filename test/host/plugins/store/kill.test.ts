import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PluginManager } from "../../../../host/plugins/manager.js";
import { diskStorage } from "../../../../host/plugins/store/diskStorage.js";
import { hashesIn, memoryStorage } from "../../../../host/plugins/store/storage.js";
import { temporaryFolder } from "../../../support/daemon.js";
import { generator } from "../generator.js";
import { chainPort, change, prepareAnything, summary } from "./changes.js";

const program = fileURLToPath(new URL("./workers/changes.js", import.meta.url));
const changes = 200;
const seed = 7;

test("killed again and again in 200 changes, the store is whole: as before or as after the one under way", async (t) => {
  const folder = path.join(temporaryFolder(t), "plugins");
  const states = await statesInMemory();
  const random = generator(seed);
  const found = { before: 0, after: 0, between: 0 };
  for (let next = 0; next < changes; ) {
    const { begun, isDone } = await killedAmidst(folder, next, random);
    const state = await reopened(folder);
    if (isDone) {
      assert.deepEqual(state, states[begun + 1], `change ${begun} was done`);
      found.between++;
      next = begun + 1;
    } else if (state.join() === states[begun + 1]?.join()) {
      found.after++;
      next = begun + 1;
    } else {
      assert.deepEqual(state, states[begun], `killed in change ${begun}`);
      found.before++;
      next = begun;
    }
  }
  t.diagnostic(`found ${JSON.stringify(found)}`);
  assert.ok(found.before > 0, JSON.stringify(found));
});

/** What the store has to be after so many changes: the same, without a disk and with nobody killed. */
async function statesInMemory(): Promise<string[][]> {
  const manager = await PluginManager.open({
    storage: memoryStorage(),
    prepare: prepareAnything,
    nowMs: () => 1000,
  });
  manager.attach(chainPort());
  const states = [summary(await manager.list())];
  for (let n = 0; n < changes + 50; n++) {
    await change(manager, seed, n).catch(() => {});
    states.push(summary(await manager.list()));
  }
  return states;
}

/** Runs changes from `first` on in a process, and kills it at some time in one of the first few. */
async function killedAmidst(folder: string, first: number, random: (below: number) => number) {
  const child = spawn(process.execPath, [program, folder, String(seed), String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const last = first + random(6);
  const delayMs = random(80) / 10;
  let begun = -1;
  let isDone = false;
  for await (const line of createInterface(child.stdout)) {
    const { begin, done } = JSON.parse(line) as { begin?: number; done?: number };
    if (done !== undefined) isDone = true;
    if (begin === undefined) continue;
    begun = begin;
    isDone = false;
    if (begin === last) setTimeout(() => child.kill("SIGKILL"), delayMs);
  }
  await exited;
  assert.equal(child.signalCode, "SIGKILL");
  return { begun, isDone };
}

/** As another daemon finds it: every module that the state names is there, and nothing else. */
async function reopened(folder: string): Promise<string[]> {
  const storage = await diskStorage(folder);
  const manager = await PluginManager.open({ storage, prepare: prepareAnything });
  manager.attach(chainPort());
  const list = await manager.list();
  for (const { broken } of list) assert.equal(broken, "");
  const hashes = hashesIn(storage.state);
  for (const hash of hashes) await storage.getModule(hash);
  const files = readdirSync(path.join(folder, "modules")).sort();
  assert.deepEqual(files, [...hashes].map((hash) => `${hash}.wasm`).sort());
  await manager.close();
  return summary(list);
}
