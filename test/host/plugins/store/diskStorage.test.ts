import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { PluginManager } from "../../../../host/plugins/manager.js";
import { diskStorage } from "../../../../host/plugins/store/diskStorage.js";
import { temporaryFolder } from "../../../support/daemon.js";
import { chainPort, prepareAnything } from "./changes.js";

const open = async (folder: string, onTrouble?: (plugin: string, line: string) => void) => {
  const storage = await diskStorage(folder);
  const manager = await PluginManager.open({
    storage,
    prepare: prepareAnything,
    ...(onTrouble ? { onTrouble } : {}),
  });
  manager.attach(chainPort());
  return manager;
};

test("a store is for its owner only, and has each module once", async (t) => {
  const folder = path.join(temporaryFolder(t), "a/b/plugins");
  const manager = await open(folder);
  for (const name of ["one", "two"]) await manager.upload(Buffer.from("same"), { name });
  assert.equal(readdirSync(path.join(folder, "modules")).length, 1);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(path.join(folder, "state.json")).mode & 0o777, 0o600);
  await manager.remove("one");
  assert.equal(readdirSync(path.join(folder, "modules")).length, 1);
  await manager.remove("two");
  assert.deepEqual(readdirSync(path.join(folder, "modules")), []);
  await manager.close();
});

test("one daemon at a time has a store; one that ended, however, does not count", async (t) => {
  const folder = path.join(temporaryFolder(t), "plugins");
  const manager = await open(folder);
  const other = `import { diskStorage } from ${JSON.stringify(new URL("../../../../host/plugins/store/diskStorage.js", import.meta.url).href)};
    await diskStorage(process.argv[1]).then(() => console.log("open"), (e) => console.log(e.message));
    setInterval(() => {}, 1000);`;
  const run = async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", other, folder]);
    t.after(() => child.kill("SIGKILL"));
    const [said] = await once(child.stdout, "data");
    return { child, said: String(said).trim() };
  };
  const refused = await run();
  assert.equal(
    refused.said,
    `the plugin store ${folder} is in use by process ${process.pid}: give this daemon another with --plugin-dir`,
  );
  await manager.close();
  const taken = await run();
  assert.equal(taken.said, "open");
  taken.child.kill("SIGKILL");
  await once(taken.child, "exit");
  await (await open(folder)).close();
});

test("a state that this host did not write is refused, and left as it is", async (t) => {
  const folder = path.join(temporaryFolder(t), "plugins");
  const manager = await open(folder);
  await manager.upload(Buffer.from("x"), { name: "one" });
  await manager.close();
  const modules = readdirSync(path.join(folder, "modules"));
  const file = path.join(folder, "state.json");
  const wrong: [string, RegExp][] = [
    ["", /state\.json: it is not valid JSON/],
    ['{"format": 2}', /its format is 2, not 1/],
    ['{"format": 1}', /it has no list of plugins/],
    ['{"format": 1, "plugins": [{"name": "../x"}]}', /plugins\[0\]\.name is not as it should be/],
    ['{"format": 1, "plugins": [{"name": "x", "mode": "on"}]}', /plugins\[0\]\.mode is not/],
  ];
  for (const [json, message] of wrong) {
    writeFileSync(file, json);
    await assert.rejects(open(folder), { code: "FAILED_PRECONDITION", message });
  }
  assert.deepEqual(readdirSync(path.join(folder, "modules")), modules);
});

test("a module that was changed on disk is not run: the others are, and it can be uploaded again", async (t) => {
  const folder = path.join(temporaryFolder(t), "plugins");
  const manager = await open(folder);
  await manager.upload(Buffer.from("good"), { name: "good" });
  const { plugin } = await manager.upload(Buffer.from("bad"), { name: "bad" });
  await manager.close();
  const file = path.join(folder, "modules", `${plugin.stored.active}.wasm`);
  writeFileSync(file, "worse");
  const troubles: string[] = [];
  const again = await open(folder, (name, line) => troubles.push(`${name} ${line}`));
  assert.deepEqual(troubles, [
    `bad cannot be used: the module in ${file} is not the one that was stored there: upload it again`,
  ]);
  assert.deepEqual(
    again.setups().map((setup) => setup.plugin.name),
    ["good"],
  );
  assert.deepEqual(
    (await again.list()).map(({ stored, broken }) => [stored.name, broken !== ""]),
    [
      ["good", false],
      ["bad", true],
    ],
  );
  await again.upload(Buffer.from("bad"), { name: "bad" });
  assert.equal((await again.get("bad")).broken, "");
  await again.close();
});

test("a folder that cannot be used is named, with what to do", async (t) => {
  const file = path.join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  await assert.rejects(diskStorage(path.join(file, "plugins")), {
    message:
      /^cannot use the plugin store .*\/file\/plugins: ENOTDIR.*; choose another with --plugin-dir$/,
  });
});
