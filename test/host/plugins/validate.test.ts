import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { PLUGIN_LIMITS } from "../../../host/plugins/limits.js";
import { prepare } from "../../../host/plugins/validate.js";
import {
  assemble,
  customSection,
  I32,
  I64,
  KEEP_ALL,
  type ModuleSource,
  plugin,
} from "./assemble.js";

const good = plugin([...KEEP_ALL, 0x41, 0]);

async function refused(bytes: Uint8Array, message: RegExp | string): Promise<void> {
  await assert.rejects(prepare(bytes), {
    name: "GuidestarError",
    code: "INVALID_ARGUMENT",
    message,
  });
}

function withImport(module: string, name: string, more = {}): Uint8Array {
  return plugin([...KEEP_ALL, 0x41, 0], {
    imports: [{ module, name, parameters: [I32, I32, I32, I32], results: [I32], ...more }],
  });
}

test("a good module comes back ready to run, with its name, hash and size", async () => {
  const prepared = await prepare(good);
  assert.deepEqual(
    { ...prepared, code: undefined },
    {
      name: "handmade",
      version: createHash("sha256").update(good).digest("hex"),
      manifestVersion: "1.0.0",
      description: "",
      size: good.length,
      code: undefined,
      eventTypes: [5, 7],
      budget: { fuelPerCall: 10_000_000, fuelPerEvent: 50_000, memoryBytes: 16 * 1024 * 1024 },
      tickMs: 0,
      settings: "",
      failurePolicy: "open",
      scope: "node",
    },
  );
  assert.ok(WebAssembly.validate(prepared.code));
});

test("a plugin can be registered under another name", async () => {
  assert.equal((await prepare(good, { name: "other" })).name, "other");
  await assert.rejects(prepare(good, { name: "Other Name" }), {
    code: "INVALID_ARGUMENT",
    message: /^the plugin's name must be 1 to 63 lower-case letters, .* not "Other Name"$/,
  });
});

test("the caller's bytes stay his own", async () => {
  const bytes = Buffer.from(good);
  await prepare(bytes);
  assert.deepEqual(new Uint8Array(bytes), good);
});

test("what is no module is refused", async () => {
  await refused(new Uint8Array(), "the file is not a WebAssembly module: the file is empty");
  await refused(
    Buffer.from("hello, I am a text file"),
    "the file is not a WebAssembly module: the file does not begin with the bytes 00 61 73 6d",
  );
  await refused(
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    "the file is a component of the component model, not a core module, and this host runs core modules only: build it with the guidestar SDK",
  );
});

test("an import that plugins may not have is refused by name", async () => {
  await refused(
    withImport("wasi_snapshot_preview1", "fd_write"),
    "the module imports wasi_snapshot_preview1.fd_write, which plugins may not have: allowed are guidestar.log, guidestar.clock, guidestar.kv_get, guidestar.kv_set, guidestar.kv_delete, env.abort",
  );
  await refused(withImport("guidestar", "exec"), /^the module imports guidestar\.exec, which/);
  await refused(withImport("env", "abort "), /^the module imports env\.abort , which/);
  await refused(
    withImport("env", "abort"),
    "the module imports env.abort as a function (i32, i32, i32, i32) -> (i32), it is a function (i32, i32, i32, i32) -> ()",
  );
  await refused(
    withImport("extism:host/env", "http_request"),
    /^the module imports extism:host\/env\.http_request, which plugins may not have: allowed are/,
  );
});

test("a module that lacks something of a plugin is refused with what it lacks", async () => {
  const base: ModuleSource = { functions: [] };
  await refused(
    assemble(base),
    "the module exports no gs_abi, so it is no plugin: build it with the guidestar SDK",
  );
  const gs_abi = { name: "gs_abi", results: [I32], code: [0x41, 1] };
  await refused(
    assemble({ memory: "none", functions: [gs_abi] }),
    'the module has no memory: a plugin has one and exports it as "memory"',
  );
  await refused(
    assemble({ memory: "private", functions: [gs_abi] }),
    'the module does not export its memory: it must do so as "memory"',
  );
  await refused(
    assemble({ functions: [gs_abi] }),
    "the module exports no gs_allocate: build it with the guidestar SDK",
  );
  await refused(
    assemble({ functions: [gs_abi, { name: "gs_allocate", parameters: [I64], code: [] }] }),
    "the module exports gs_allocate as a function (i64) -> (), it must be a function (i32) -> (i32)",
  );
  await refused(
    plugin([0x41, 0], { manifest: null }),
    'the module has no manifest (custom section guidestar.manifest): build it with "guidestar plugin build", which adds manifest.json',
  );
});

test("a manifest with mistakes is refused with the mistake", async () => {
  const with_ = (manifest: string) => plugin([0x41, 0], { manifest });
  const full = { name: "a", version: "1", description: "" };
  const json = (more: object) => with_(JSON.stringify({ ...full, ...more }));
  await refused(with_("{"), /^the manifest in the module is not valid JSON: /);
  await refused(with_("[]"), /must be a JSON object with the fields name, version, /);
  await refused(
    json({ event: ["exec"] }),
    'the manifest in the module has the unknown field "event" (did you mean "events"?)',
  );
  await refused(
    json({ events: ["exce"] }),
    'events in the manifest in the module has "exce", which is none of exec, exit, kprobe, tracepoint, dns, test (did you mean "exec"?)',
  );
  await refused(
    json({ events: "exec" }),
    /must be a list of event types \(exec, exit, kprobe, tracepoint, dns, test\)$/,
  );
  await refused(
    json({ limits: { fuelPerCal: 1 } }),
    'limits in the manifest in the module has the unknown field "fuelPerCal" (did you mean "fuelPerCall"?)',
  );
  await refused(json({ limits: [] }), /^limits in .* must be an object with any of fuelPerCall, /);
  await refused(
    json({ limits: { memoryBytes: 1.5 } }),
    "memoryBytes of limits in the manifest in the module must be a whole number from 65536",
  );
  await refused(json({ functions: ["a b"] }), /^functions in .* must be a list of at most 1000 /);
  await refused(json({ name: "Über" }), /^name in the manifest in the module must be 1 to 63/);
  await refused(json({ name: "guidestar" }), /must not be "guidestar": that is the host$/);
  await refused(json({ version: 1 }), /^version in .* must be a text like "1.0.0", not 1$/);
  await refused(json({ description: "x".repeat(501) }), /at most 500 characters$/);
  await refused(
    plugin([0x41, 0], { tail: [...customSection("guidestar.manifest", "{}")] }),
    /^the module has section guidestar\.manifest more than once$/,
  );
});

test("events in the manifest become the event types that the plugin sees", async () => {
  const manifest = JSON.stringify({
    name: "a",
    version: "1",
    description: "",
    events: ["exit", "exec", "exit"],
  });
  const prepared = await prepare(plugin([...KEEP_ALL, 0x41, 0], { manifest }));
  assert.deepEqual(prepared.eventTypes, [7, 5]);
});

test("a plugin for another version of the ABI is refused", async () => {
  const bytes = assemble({
    functions: [
      { name: "gs_abi", results: [I32], code: [0x41, 2] },
      { name: "gs_allocate", parameters: [I32], results: [I32], code: [0x41, 0] },
      { name: "gs_process_batch", parameters: [I32], results: [I32], code: [0x41, 0] },
    ],
  });
  await refused(bytes, "the plugin was built for version 2 of the ABI, this host has 1");
});

test("a module that the engine finds invalid is refused with what it found", async () => {
  // Its gs_process_batch leaves nothing on the stack.
  await refused(plugin([]), /^the module is not valid: Compiling function #2.* failed: /);
});

test("a module too large is refused before anyone looks at it", async () => {
  await refused(
    new Uint8Array(PLUGIN_LIMITS.moduleBytes + 1),
    "the module has 4194305 bytes, more than the 4194304 that a plugin may have",
  );
});

test("a module that asks for too much memory is refused", async () => {
  await refused(
    plugin([...KEEP_ALL, 0x41, 0], { memory: [300] }),
    /^the module asks for 19660800 bytes of memory at start, more than the 16777216 allowed/,
  );
});

test("checks that take too long are ended, and the next upload is not held up", async () => {
  const several = [1, 2, 3, 4].map(() => prepare(good, { timeoutMs: 1 }));
  for (const result of await Promise.allSettled(several)) {
    assert.equal(result.status, "rejected");
    assert.equal(
      result.reason.message,
      "the module could not be checked: the checks took longer than 0.001 s",
    );
  }
  assert.equal((await prepare(good)).name, "handmade");
});
