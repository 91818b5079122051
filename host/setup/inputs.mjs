/** What a part of the build was made from, as hashes of file contents. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./steps.mjs";

/** Files under a folder of the repository whose path fits, sorted; none if there is no such folder. */
export function filesUnder(folder, pattern, base = root) {
  let entries;
  try {
    entries = readdirSync(path.join(base, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        return entry.name === "node_modules" ? [] : filesUnder(file, pattern, base);
      }
      return pattern.test(file) ? [file] : [];
    })
    .sort();
}

/** One hash over names and contents. `extra` is whatever else the result depends on, such as options. */
export function fileHash(files, extra = [], base = root) {
  const hash = createHash("sha256").update(JSON.stringify([process.versions.node, ...extra]));
  for (const file of files) {
    const content = readFileSync(path.resolve(base, file));
    hash.update(`\n${file}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/** Remembers, from one build to the next, the hash of what each part was made from. */
export class BuildNotes {
  #file;
  #hashes;

  constructor(file) {
    this.#file = file;
    try {
      this.#hashes = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      this.#hashes = {};
    }
  }

  same(part, hash) {
    return this.#hashes[part] === hash;
  }

  set(part, hash) {
    this.#hashes[part] = hash;
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const partial = `${this.#file}.${process.pid}`;
    writeFileSync(partial, `${JSON.stringify(this.#hashes, null, 1)}\n`);
    renameSync(partial, this.#file);
  }
}
