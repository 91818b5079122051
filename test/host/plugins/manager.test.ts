import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChainPort, PluginManager } from "../../../host/plugins/manager.js";
import type { SettingsSchema } from "../../../host/plugins/settings/schema.js";
import { settingsJson } from "../../../host/plugins/settings/values.js";
import { memoryStorage, type Storage } from "../../../host/plugins/store/storage.js";
import { chainPort, prepareAnything, summary } from "./store/changes.js";

const module = (text: string) => Buffer.from(text);

async function opened(
  storage: Storage = memoryStorage(),
  port: ChainPort = chainPort(),
  schema?: SettingsSchema,
): Promise<PluginManager> {
  const manager = await PluginManager.open({
    storage,
    prepare: async (bytes, options) => ({
      ...(await prepareAnything(bytes, options)),
      ...(schema && { schema, settings: settingsJson(schema, {}) }),
    }),
  });
  manager.attach(port);
  return manager;
}

const orderOf = async (manager: PluginManager) =>
  (await manager.list()).map(({ stored }) => stored.name);

test("versions are kept up to a number, and any of them can be gone back to", async () => {
  const manager = await opened();
  for (let n = 1; n <= 10; n++) await manager.upload(module("x".repeat(n)), { name: "p" });
  const { stored } = await manager.get("p");
  const versions = stored.versions.map(({ manifestVersion }) => manifestVersion);
  assert.deepEqual(versions, ["10", "9", "8", "7", "6", "5", "4", "3"]);
  const version = async () => (await manager.get("p")).active?.manifestVersion;
  const back = await manager.rollback("p", "");
  assert.equal(await version(), "9");
  assert.equal(back.replaced, stored.active);
  await manager.rollback("p", "");
  assert.equal(await version(), "10");
  await manager.rollback("p", `p@${stored.versions[7]?.hash.slice(0, 12)}`);
  assert.equal(await version(), "3");
  await manager.rollback("p", "7");
  assert.equal(await version(), "7");
  await assert.rejects(manager.rollback("p", "1"), {
    code: "NOT_FOUND",
    message: /^plugin p has no version "1": stored are /,
  });
  await assert.rejects(manager.rollback("other", ""), { message: "plugin other does not exist" });
  await manager.upload(module("y"), { name: "fresh" });
  await assert.rejects(manager.rollback("fresh", ""), {
    code: "FAILED_PRECONDITION",
    message: "plugin fresh has no other version stored to go back to",
  });
});

test("the order is that of the uploads until it is changed, and survives a new version", async () => {
  const manager = await opened();
  for (const name of ["a", "b", "c"]) await manager.upload(module(name), { name });
  assert.deepEqual((await manager.setOrder(["c", "a"])).order, ["c", "a", "b"]);
  await manager.upload(module("new"), { name: "a" });
  assert.deepEqual(await orderOf(manager), ["c", "a", "b"]);
  assert.deepEqual(
    manager.setups().map(({ plugin }) => plugin.name),
    ["c", "a", "b"],
  );
  await assert.rejects(manager.setOrder(["a", "a"]), { message: "the order names a plugin twice" });
  await assert.rejects(manager.setOrder(["aa"]), {
    message: /^plugin aa does not exist \(did you mean "a"\?\)$/,
  });
});

test("a change that the chain or the disk refuses leaves both as they were", async () => {
  const port = chainPort();
  const storage = memoryStorage();
  const saved: string[][] = [];
  let fails: "chain" | "disk" | undefined;
  const manager = await opened(
    {
      ...storage,
      saveState: async (state) => {
        if (fails === "disk") throw new Error("no space");
        saved.push(state.plugins.map(({ name }) => name));
      },
    },
    {
      ...port,
      arrange: async (setups) => {
        if (fails === "chain") throw new Error("it does not start");
        return port.arrange(setups);
      },
    },
  );
  await manager.upload(module("one"), { name: "a" });
  const before = summary(await manager.list());
  for (const [kind, message] of [
    ["chain", "it does not start"],
    ["disk", "no space"],
  ] as const) {
    fails = kind;
    await assert.rejects(manager.upload(module("two"), { name: "a" }), { message });
    await assert.rejects(manager.upload(module("three"), { name: "b" }), { message });
    await assert.rejects(manager.remove("a"), { message });
    assert.deepEqual(summary(await manager.list()), before);
    fails = undefined;
  }
  assert.deepEqual(saved.at(-1), ["a"]);
  await manager.upload(module("two"), { name: "a" });
  assert.equal((await manager.get("a")).stored.versions.length, 2);
});

test("settings are checked, stay with the plugin, and go to another version as far as they fit", async () => {
  const schema: SettingsSchema = {
    type: "object",
    properties: { level: { type: "integer", default: 1, maximum: 5 } },
  };
  const manager = await opened(memoryStorage(), chainPort(), schema);
  await manager.upload(module("1"), { name: "p" });
  const settings = async () => (await manager.get("p")).stored.settings;
  assert.equal(await settings(), '{"level":1}');
  await manager.setSettings("p", '{"level": 3}');
  await manager.upload(module("2"), { name: "p" });
  assert.equal(await settings(), '{"level":3}');
  await assert.rejects(manager.setSettings("p", '{"level": 6}'), {
    code: "INVALID_ARGUMENT",
    message: "settings.level is 6, it must be at most 5",
  });
  await manager.upload(module("3"), { name: "p", settings: '{"level": 5}' });
  assert.equal((await manager.get("p")).active?.settings, '{"level":5}');
});
