/**
 * The guest's first file system, in layers: system and npm packages change seldom and are kept as a
 * file; the build and the job are added at each boot.
 */
import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  constants as files,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { type Entry, writeArchive } from "./cpio.js";
import { type Job, jobFile } from "./messages.js";
import { moduleEntries } from "./modules.js";
import { cacheFolder, type Kernel, root } from "./paths.js";
import { buildEntries, packageEntries } from "./project.js";
import { systemEntries } from "./system.js";

/** Writes the image for one boot to `file`. Returns its size and that of the part that is kept; bytes. */
export function writeImage(
  file: string,
  kernel: Kernel,
  job: Job,
): { totalBytes: number; baseBytes: number } {
  const base = baseArchive(kernel);
  copyFileSync(base, file, files.COPYFILE_FICLONE);
  const added = `${file}.added`;
  writeArchive(added, [
    ...buildEntries(),
    { kind: "file", path: jobFile, content: JSON.stringify(job), mode: 0o644 },
  ]);
  appendFileSync(file, readFileSync(added));
  rmSync(added);
  return { totalBytes: statSync(file).size, baseBytes: statSync(base).size };
}

/** Made anew when anything in it has changed. */
function baseArchive(kernel: Kernel): string {
  const entries: Entry[] = [
    ...systemEntries(),
    ...moduleEntries(kernel),
    ...packageEntries(),
    { kind: "copy", path: "init", from: path.join(root, "test/guest/init.sh"), mode: 0o755 },
    {
      kind: "copy",
      path: `boot/config-${kernel.release}`,
      from: kernel.config,
      mode: 0o644,
    },
  ];
  const file = path.join(cacheFolder, `base-${fingerprint(entries)}.cpio`);
  if (existsSync(file)) return file;
  mkdirSync(cacheFolder, { recursive: true });
  const partial = `${file}.${process.pid}`;
  writeArchive(partial, entries);
  for (const old of readdirSync(cacheFolder)) {
    if (/^base-[0-9a-f]+\.cpio$/.test(old)) rmSync(path.join(cacheFolder, old), { force: true });
  }
  renameSync(partial, file);
  return file;
}

function fingerprint(entries: readonly Entry[]): string {
  const hash = createHash("sha256");
  for (const entry of entries) {
    hash.update(JSON.stringify(entry.kind === "file" ? { ...entry, content: "" } : entry));
    if (entry.kind === "file") hash.update(entry.content);
    if (entry.kind === "copy") {
      const { size, mtimeMs } = statSync(entry.from);
      hash.update(`${size} ${mtimeMs}`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}
