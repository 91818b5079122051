import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { sourceRoot } from "./support/programs.js";

const folder = join(sourceRoot(), "bpf/libbpf");
const skip = !existsSync(join(folder, "index.ts")) && "the sources are not on this machine";

function sources(): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

test("the library imports only its own files, koffi and what comes with Node", { skip }, () => {
  for (const file of sources()) {
    for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/from "([^"]+)"/g)) {
      if (from === "koffi" || from.startsWith("node:")) continue;
      assert.ok(from.startsWith("."), `${file} imports ${from}`);
      const place = relative(folder, join(dirname(file), from));
      assert.ok(!place.startsWith(".."), `${file} imports ${from}`);
    }
  }
});

test("its index only exports again", { skip }, () => {
  const code = readFileSync(join(folder, "index.ts"), "utf8");
  assert.equal(code.replace(/export (type )?\{[^}]*\} from "[^"]+";/g, "").trim(), "");
});

test("its files are small", { skip }, () => {
  for (const file of sources()) {
    const lines = readFileSync(file, "utf8").split("\n").length;
    assert.ok(lines < 300, `${relative(folder, file)} has ${lines} lines`);
  }
});
