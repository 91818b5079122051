/**
 * A process that changes a store on disk as a daemon does, for ever, from a seed: uploads, removals,
 * reorders, modes, rollbacks. It says what it is about to do, and what is done, one JSON line each.
 * `node changes.js FOLDER SEED FROM`
 */
import { writeSync } from "node:fs";
import { PluginManager } from "../../../../../host/plugins/manager.js";
import { diskStorage } from "../../../../../host/plugins/store/diskStorage.js";
import { chainPort, change, prepareAnything, summary } from "../changes.js";

const [folder = "", seed = "1", from = "0"] = process.argv.slice(2);
const manager = await PluginManager.open({
  storage: await diskStorage(folder),
  prepare: prepareAnything,
  nowMs: () => 1000,
});
manager.attach(chainPort());
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
say({ open: summary(await manager.list()) });
for (let n = Number(from); ; n++) {
  say({ begin: n });
  await change(manager, Number(seed), n).catch((error: Error) => say({ refused: error.message }));
  say({ done: n, state: summary(await manager.list()) });
}
