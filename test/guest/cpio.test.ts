import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { writeArchive } from "./cpio.js";
import { findCommand } from "./paths.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "cpio-"));
after(() => rmSync(folder, { recursive: true }));

const busybox = findCommand("busybox");

test("an archive is unpacked to what went into it", {
  skip: busybox === undefined && "no busybox",
}, () => {
  const source = path.join(folder, "source");
  writeFileSync(source, "copied");
  chmodSync(source, 0o600);
  const archive = path.join(folder, "archive.cpio");
  const odd = Buffer.from([1, 2, 3]);
  const size = writeArchive(archive, [
    { kind: "folder", path: "empty/below" },
    { kind: "file", path: "/a/b/odd", content: odd, mode: 0o640 },
    { kind: "file", path: "a/b/nothing", content: "", mode: 0o644 },
    { kind: "copy", path: "a/copy", from: source, mode: 0o755 },
    { kind: "link", path: "link", target: "a/copy" },
  ]);
  assert.equal(size, statSync(archive).size);
  assert.equal(size % 4, 0);
  const target = mkdtempSync(path.join(folder, "target-"));
  execFileSync(busybox ?? "", ["cpio", "-i", "-d"], {
    cwd: target,
    input: readFileSync(archive),
    stdio: ["pipe", "ignore", "pipe"],
  });
  const at = (file: string) => path.join(target, file);
  assert.ok(statSync(at("empty/below")).isDirectory());
  assert.deepEqual(readFileSync(at("a/b/odd")), odd);
  assert.equal(statSync(at("a/b/odd")).mode & 0o777, 0o640);
  assert.equal(statSync(at("a/b/nothing")).size, 0);
  assert.equal(readFileSync(at("a/copy"), "utf8"), "copied");
  assert.equal(statSync(at("a/copy")).mode & 0o777, 0o755);
  assert.equal(readlinkSync(at("link")), "a/copy");
});
