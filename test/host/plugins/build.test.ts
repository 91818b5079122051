import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { buildPlugin, projectFolder } from "../../../host/plugins/build.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { compileJob, Scene } from "./events.js";
import { chainOf } from "./testPlugin.js";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "guidestar-build-"));
});
after(() => rm(folder, { recursive: true }));

const KEEP = `import { Event, Verdict } from "guidestar";
export function onEvent(event: Event): Verdict { return Verdict.Keep; }`;
const MANIFEST = { name: "mine", version: "0.1.0", description: "A test", events: ["exec"] };

async function build(source: string, manifest: unknown = MANIFEST) {
  await writeFile(join(folder, "main.ts"), source);
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  return buildPlugin({
    entry: join(folder, "main.ts"),
    manifest: join(folder, "manifest.json"),
    out: join(folder, "out/deep/mine.wasm"),
  });
}

test("a plugin of several files builds outside of the project, manifest inside", async () => {
  await writeFile(
    join(folder, "rules.ts"),
    `import { Text } from "guidestar";
     export function isCompiler(binary: Text): bool { return binary.endsWith("/gcc"); }`,
  );
  const built = await build(`import { Event, Verdict } from "guidestar";
    import { isCompiler } from "./rules";
    export function onEvent(event: Event): Verdict {
      return isCompiler(event.process.binary) ? Verdict.Drop : Verdict.Keep;
    }`);
  assert.equal(built.warnings, "");
  assert.deepEqual(new Uint8Array(await readFile(built.path)), built.bytes);
  const prepared = prepareModule(built.bytes);
  assert.deepEqual(
    [prepared.name, prepared.manifestVersion, prepared.description, prepared.eventTypes],
    ["mine", "0.1.0", "A test", [5]],
  );
  const chain = await chainOf([built.bytes]);
  assert.equal(chain.run(compileJob(new Scene(), 2)).length, 10);
});

test("the same sources give the same bytes", async () => {
  assert.deepEqual((await build(KEEP)).bytes, (await build(KEEP)).bytes);
});

test("the handler may come from another file", async () => {
  await writeFile(join(folder, "handler.ts"), KEEP);
  await build('export { onEvent } from "./handler";');
});

test("mistakes in the source are told with file, line and message", async () => {
  await assert.rejects(build("export function onEvent(: void {}"), {
    code: "INVALID_ARGUMENT",
    message: /main\.ts does not compile: \d parse error\(s\)\n[\s\S]*in main\.ts\(1,/,
  });
  await assert.rejects(build(KEEP.replace("Verdict.Keep", "event.process.binry.length")), {
    message: /does not compile: 1 compile error\(s\)\n[\s\S]*'binry'[\s\S]*in main\.ts\(2,/,
  });
  await assert.rejects(build('import { Event } from "guidestar";'), {
    message:
      /does not compile: main\.ts exports no onEvent: a plugin has "export function onEvent\(event: Event\): Verdict"/,
  });
  await assert.rejects(build("function onEvent(): void {}"), { message: /exports no onEvent/ });
});

test("a plugin that could not be uploaded is not built", async () => {
  await assert.rejects(build(KEEP, { ...MANIFEST, evnts: [] }), {
    message: /manifest\.json has the unknown field "evnts" \(did you mean "events"\?\)$/,
  });
  await assert.rejects(build(`${KEEP}\nthrow new Error("not today");`), {
    message: "the plugin aborted: not today (main.ts:3:1)",
  });
  await assert.rejects(build(`${KEEP}\nwhile (true) {}`), { message: /ran out of fuel/ });
  await assert.rejects(
    build(`${KEEP}\n@external("os", "exec") declare function exec(): void;\nexec();`),
    { message: /^the module imports os\.exec, which plugins may not have/ },
  );
});

test("a file that is not there is named", async () => {
  await assert.rejects(
    buildPlugin({ entry: "/nowhere/index.ts", manifest: "/nowhere/m.json", out: "/nowhere/x" }),
    { code: "INVALID_ARGUMENT", message: "the plugin's manifest /nowhere/m.json is not there" },
  );
});

test("an editor finds no mistakes in the SDK and the samples", async () => {
  await promisify(execFile)(process.execPath, [
    join(projectFolder, "node_modules/typescript/bin/tsc"),
    "-p",
    join(projectFolder, "plugins"),
  ]);
});

test("the plugins in the README build", async () => {
  const readme = await readFile(join(projectFolder, "plugins/README.md"), "utf8");
  const sources = [...readme.matchAll(/```ts\n(import [\s\S]*?)```/g)];
  const manifests = [...readme.matchAll(/```json\n(\{\n {2}"name"[\s\S]*?)```/g)];
  assert.ok(sources.length === 3 && manifests.length === 3);
  for (const [n, [, source]] of sources.entries()) {
    const built = await build(source as string, JSON.parse(manifests[n]?.[1] as string));
    assert.equal(built.warnings, "");
  }
});
