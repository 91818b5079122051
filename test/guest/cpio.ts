/**
 * Writes cpio archives in the "newc" form that the kernel unpacks as its first file system. Archives
 * may follow one another in one file; later ones add to and replace what earlier ones brought.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

export type Entry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "copy"; readonly path: string; readonly from: string; readonly mode: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly content: Uint8Array | string;
      readonly mode: number;
    };

const types = { folder: 0o040755, link: 0o120777, copy: 0o100000, file: 0o100000 };

/** Writes one archive to `file`. Folders that entries lie in are added. Returns its size in bytes. */
export function writeArchive(file: string, entries: Iterable<Entry>): number {
  const out = openSync(file, "w");
  let size = 0;
  let inode = 1;
  const write = (bytes: Uint8Array) => {
    writeSync(out, bytes);
    size += bytes.length;
  };
  const member = (path: string, mode: number, data: Uint8Array) => {
    const name = Buffer.from(`${path}\0`);
    const numbers = [inode++, mode, 0, 0, 1, 0, data.length, 0, 0];
    const fields = [...numbers, 0, 0, name.length, 0];
    const head = `070701${fields.map((value) => value.toString(16).padStart(8, "0")).join("")}`;
    write(padded(Buffer.concat([Buffer.from(head), name])));
    write(padded(data));
  };
  try {
    const folders = new Set<string>();
    for (const entry of entries) {
      const path = entry.path.replace(/^\//, "");
      const parts = path.split("/");
      const above = entry.kind === "folder" ? parts.length : parts.length - 1;
      for (let length = 1; length <= above; length++) {
        const folder = parts.slice(0, length).join("/");
        if (folders.has(folder)) continue;
        folders.add(folder);
        member(folder, types.folder, nothing);
      }
      if (entry.kind !== "folder") member(path, modeOf(entry), dataOf(entry));
    }
    member("TRAILER!!!", 0, nothing);
  } finally {
    closeSync(out);
  }
  return size;
}

const nothing = new Uint8Array();

function modeOf(entry: Entry): number {
  return types[entry.kind] | ("mode" in entry ? entry.mode & 0o7777 : 0);
}

function dataOf(entry: Entry): Uint8Array {
  if (entry.kind === "copy") return readFileSync(entry.from);
  if (entry.kind === "link") return Buffer.from(entry.target);
  if (entry.kind !== "file") return nothing;
  return typeof entry.content === "string" ? Buffer.from(entry.content) : entry.content;
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(4 - rest)]);
}
