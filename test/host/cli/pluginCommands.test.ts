import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { guidestar } from "../../../proto/generated/api.js";
import { answering, broken, plugin, runWith, version } from "./support/answering.js";
import { run } from "./support/run.js";
import { GrpcFailure, type Script } from "./support/server.js";

describe("plugin push", () => {
  const folder = mkdtempSync(join(tmpdir(), "plugin-"));
  const file = join(folder, "filter.wasm");
  const module = Buffer.concat([
    Buffer.from("\0asm\x01\0\0\0", "latin1"),
    Buffer.alloc(200_000, 7),
  ]);
  writeFileSync(file, module);

  test("sends a header with name and size, then the module, and tells what came of it", async () => {
    let sent: readonly guidestar.UploadPluginRequest.$Properties[] = [];
    const upload: Script["upload"] = (parts) => {
      sent = parts;
      return { plugin, first_sequence: 101 };
    };
    const outcome = await runWith({ upload }, ["plugin", "push", file, "--name", "x"]);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    assert.equal(
      outcome.stdout,
      "pushed server-shell 1.0.0 (3f2a9c81d0e4), 200.0 kB; the first event it sees is number 101\n",
    );
    assert.deepEqual([sent[0]?.header?.name, String(sent[0]?.header?.size)], ["x", "200008"]);
    const chunks = sent.slice(1).map(({ chunk }) => chunk ?? new Uint8Array());
    assert.ok(Buffer.concat(chunks).equals(module));
  });

  test("tells what it replaced, in JSON everything", async () => {
    const replaced = { plugin, first_sequence: 9, replaced_version: "ab".repeat(32) };
    const text = await runWith({ upload: () => replaced }, ["plugin", "push", file]);
    assert.match(text.stdout, /\nit replaces abababababab\n$/);
    const same = { ...replaced, replaced_version: version };
    const again = await runWith({ upload: () => same }, ["plugin", "push", file]);
    assert.match(again.stdout, /\nit replaces the same version\n$/);
    const json = await runWith({ upload: () => replaced }, ["plugin", "push", file, "-o", "json"]);
    assert.equal(JSON.parse(json.stdout).plugin.version, version);
  });

  test("passes on why the daemon refuses a module", async () => {
    const upload = () => {
      throw new GrpcFailure(status.INVALID_ARGUMENT, "import env.open is not allowed");
    };
    const outcome = await runWith({ upload }, ["plugin", "push", file]);
    assert.deepEqual(
      [outcome.code, outcome.stdout, outcome.stderr],
      [1, "", "guidestar: import env.open is not allowed\n"],
    );
  });

  test("finds the module of a folder", async () => {
    const upload = () => ({ plugin });
    assert.equal((await runWith({ upload }, ["plugin", "push", folder])).code, 0);
    const built = mkdtempSync(join(tmpdir(), "plugin-"));
    mkdirSync(join(built, "build"));
    for (const name of ["debug.wasm", "release.wasm"]) {
      writeFileSync(join(built, "build", name), name === "release.wasm" ? module : "no module");
    }
    assert.equal((await runWith({ upload }, ["plugin", "push", built])).code, 0);
  });

  test("warns when the sources of a folder are newer than its module", async () => {
    const stale = mkdtempSync(join(tmpdir(), "plugin-"));
    writeFileSync(join(stale, "filter.wasm"), module);
    utimesSync(join(stale, "filter.wasm"), 1, 1);
    writeFileSync(join(stale, "index.ts"), "");
    const outcome = await runWith({ upload: () => ({ plugin }) }, ["plugin", "push", stale]);
    assert.equal(outcome.code, 0);
    assert.match(outcome.stderr, /^guidestar: .*filter\.wasm is older than .*index\.ts: build it/);
  });

  test("refuses before it connects what cannot be a plugin", async () => {
    const empty = mkdtempSync(join(tmpdir(), "plugin-"));
    const source = join(empty, "index.ts");
    writeFileSync(source, "export {}");
    const several = mkdtempSync(join(tmpdir(), "plugin-"));
    for (const name of ["a.wasm", "b.wasm"]) writeFileSync(join(several, name), module);
    for (const [path, expected] of [
      [join(empty, "none.wasm"), /cannot read .*none\.wasm: there is no such file$/],
      [
        empty,
        /there is no \.wasm file in .* or its build\/: build it with 'guidestar plugin build /,
      ],
      [source, /index\.ts is no WebAssembly module: build it first$/],
      [several, /has several \.wasm files, name one: .*a\.wasm, .*b\.wasm$/],
    ] as const) {
      const { code, stderr } = await run(["plugin", "push", path]);
      assert.equal(code, 2);
      assert.match(stderr.trimEnd(), expected);
    }
  });
});

describe("plugin list and rm", () => {
  const withPlugins = answering({ List: () => ({ plugins: [plugin, broken] }) });

  test("a pipe gets tabs and no title", async () => {
    const { stdout } = await withPlugins(["plugin", "list"]);
    assert.equal(
      stdout,
      [
        "server-shell\t1.0.0\t3f2a9c81d0e4\t101\t1000\t900\t100\t7\t0\t50\tactive",
        '"evil\\tname"\t1.0.0\t3f2a9c81d0e4\t101\t10\t10\t0\t0\t10\t0\tout of the chain: trap: out of fuel',
        "",
      ].join("\n"),
    );
  });

  test("a terminal gets a table", async () => {
    const { stdout } = await withPlugins(["plugin", "ls"], true);
    assert.match(stdout, /^NAME {10}VERSION {2}HASH {10}FROM EVENT {2}SEEN {2}KEPT /);
    assert.match(stdout, /\r\nserver-shell {2}1\.0\.0 {4}3f2a9c81d0e4 {9}101 {2}1000 {3}900/);
  });

  test("JSON has everything", async () => {
    const { stdout } = await withPlugins(["plugin", "list", "-o", "json"]);
    const { plugins } = JSON.parse(stdout);
    assert.equal(plugins[0].version, version);
    assert.equal(plugins[0].uploaded, "2026-01-31T12:00:00Z");
    assert.equal(plugins[0].counts.dropped, "100");
  });

  test("no plugins: nothing on standard output, a word on standard error", async () => {
    const none = answering({ List: () => ({}) });
    assert.deepEqual(await none(["plugin", "list"]), {
      code: 0,
      signal: null,
      stdout: "",
      stderr: "guidestar: there are no plugins: events pass as they are\n",
    });
  });

  test("rm prints the final counts", async () => {
    let asked = "";
    const remove = answering({
      Remove: ({ name }: { name: string }) => {
        asked = name;
        return {
          plugin: { ...plugin, counts: { ...plugin.counts, failed: 3 } },
          first_sequence: 55,
        };
      },
    });
    const { code, stdout } = await remove(["plugin", "rm", "server-shell"]);
    assert.equal(code, 0);
    assert.equal(asked, "server-shell");
    assert.equal(
      stdout,
      "removed server-shell 1.0.0 (3f2a9c81d0e4); the first event without it is number 55\nit saw 1,000 events: kept 900, dropped 100; annotated 7; failed on 3, which passed unjudged\n",
    );
  });
});
