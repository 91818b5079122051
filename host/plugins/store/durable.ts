/** Files that are either as they were or as they are to be, whenever the machine stops. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";

/** Ending of a file that is not complete. */
export const UNFINISHED = ".tmp";

/** Makes a folder for its owner only, with those above it. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  for (
    let made = folder;
    first !== undefined && made.startsWith(first);
    made = path.dirname(made)
  ) {
    await syncFolder(path.dirname(made));
  }
}

/** Writes a whole file beside its place, and puts it there in one step. */
export async function writeDurably(file: string, bytes: Uint8Array | string): Promise<void> {
  const aside = `${file}${UNFINISHED}`;
  try {
    const handle = await open(aside, "w", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(path.dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
