/** Flame graphs in a real browser: what is in the document after its script has run. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Node } from "../../../../host/cli/stacktrace/node.js";
import { flameGraph } from "../../../../host/cli/stacktrace/svg.js";
import { temporaryFolder } from "../../../support/daemon.js";

const run = promisify(execFile);
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

function findBrowser(): string {
  for (const folder of (process.env.PATH ?? "").split(":")) {
    for (const name of names) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not this one.
      }
    }
  }
  return assert.fail("no Chromium: npm run setup installs chromium-headless-shell");
}

const node = (symbol: string, count: number, children: Node[] = []): Node => ({
  address: { address: symbol === "" ? 0 : 1, symbol },
  count,
  children,
});

const hostile = `"><script>document.title="taken"</script>`;
const root = node("", 10, [
  node("main", 10, [node("heavy", 7, [node("step", 7)]), node("light", 2), node(hostile, 1)]),
]);

/** The document as the browser has it, with `hash` behind its address. */
async function look(t: TestContext, hash: string): Promise<string> {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "flames.svg");
  writeFileSync(file, flameGraph(root, "a <tree> & more"));
  const home = path.join(folder, "home");
  mkdirSync(home);
  const { stdout } = await run(
    findBrowser(),
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      ...["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"],
      ...[`--user-data-dir=${home}`, "--virtual-time-budget=2000", "--dump-dom"],
      `file://${file}${hash}`,
    ],
    { timeout: 120_000, env: { ...process.env, HOME: home } },
  );
  return stdout;
}

const boxOf = (dom: string, name: string) => {
  const [, g = "", rest = ""] =
    new RegExp(`<g (class="frame" data-name="${name}"[^>]*)>(.*?)</g>`, "s").exec(dom) ??
    assert.fail(`no ${name} in ${dom.slice(0, 500)}`);
  const attribute = (of: string) =>
    Number(new RegExp(`<rect[^>]* ${of}="([^"]*)"`).exec(rest)?.[1]);
  return {
    hidden: /display: none/.test(g),
    x: attribute("x"),
    width: attribute("width"),
    hit: /class="hit"/.test(rest),
  };
};

test("a flame graph opens, and a search marks what it finds and tells its share", async (t) => {
  const dom = await look(t, "#s=heavy|light");
  assert.match(dom, />matched: 90\.0%<\/text>/);
  assert.equal(boxOf(dom, "heavy").hit, true);
  assert.equal(boxOf(dom, "main").hit, false);
  assert.deepEqual(
    ["main", "heavy", "light"].map((name) => boxOf(dom, name).width),
    [1200, 840, 240],
  );
  assert.match(dom, /<title>a &lt;tree&gt; &amp; more<\/title>/);
});

test("a zoom makes a function as wide as all, and hides what it has no part in", async (t) => {
  const dom = await look(t, "#z=heavy");
  assert.deepEqual(boxOf(dom, "heavy"), { hidden: false, x: 0, width: 1200, hit: false });
  assert.deepEqual(boxOf(dom, "step"), { hidden: false, x: 0, width: 1200, hit: false });
  assert.equal(boxOf(dom, "main").hidden, false);
  assert.equal(boxOf(dom, "light").hidden, true);
});
