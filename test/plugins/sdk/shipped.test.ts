import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Scene } from "../../host/plugins/events.js";
import { chainOf } from "../../host/plugins/testPlugin.js";

/** Modules as they were shipped: built when ABI 1 had verdicts, annotations and log lines only. */
function shipped(name: string): Uint8Array {
  const path = `../../../../test/plugins/sdk/shipped/${name}.wasm`;
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)));
}

test("plugins that were built for the first hosts of ABI 1 still do their work", async () => {
  const chain = await chainOf([shipped("package-noise"), shipped("server-shell")]);
  const scene = new Scene();
  const nginx = scene.process("/usr/sbin/nginx", scene.process("/sbin/init"));
  const shell = scene.process("/bin/sh", nginx, { arguments: "-c id" });
  const apt = scene.process("/usr/bin/apt-get", undefined, { arguments: "update" });
  const events = [scene.exec(apt), scene.exec(shell), scene.exit(shell, 3)];
  const kept = chain.run(events);
  assert.deepEqual(kept, events.slice(1));
  assert.deepEqual(Object.fromEntries(kept[0]?.annotations ?? []), {
    "server-shell.server": "nginx",
    "server-shell.server-pid": `${nginx.pid}`,
    "server-shell.severity": "high",
  });
  chain.tick(true);
  assert.deepEqual(chain.takeMade(), []);
  assert.deepEqual(
    chain.list().map(({ counts, failure }) => [counts.seen, counts.failed, failure]),
    [
      [3, 0, ""],
      [1, 0, ""],
    ],
  );
});

test("the same batch burns the same fuel, in every instance", async () => {
  const bytes = shipped("server-shell");
  const fuel: number[] = [];
  for (let n = 0; n < 3; n++) {
    const chain = await chainOf([bytes]);
    const scene = new Scene();
    const server = scene.process("/usr/sbin/nginx");
    for (let round = 0; round < 2; round++) {
      chain.run([scene.exec(scene.process("/bin/sh", server, { pid: 7 }))]);
    }
    fuel.push(chain.list()[0]?.counts.fuel ?? 0);
  }
  assert.ok((fuel[0] as number) > 0);
  assert.deepEqual(fuel, [fuel[0], fuel[0], fuel[0]]);
});
