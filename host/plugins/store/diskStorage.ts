/**
 * A plugin store in a folder: `modules/HASH.wasm`, `state.json`, which says what they are for,
 * `poison/NAME.json` with events that made a plugin fail, and `kept/NAME.kv` with what it has the host keep.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { GuidestarError } from "../../errors.js";
import { makeFolder, UNFINISHED, writeDurably } from "./durable.js";
import { lockFolder } from "./lock.js";
import { emptyState, readState, type StoreState, writeState } from "./state.js";
import { hashesIn, hashOf, missing, type NoteKind, type Storage } from "./storage.js";

const STATE = "state.json";
const MODULES = "modules";
const endings: Readonly<Record<NoteKind, string>> = { poison: "json", kept: "kv" };
const ENDING = ".wasm";

/**
 * Opens the store in a folder, which is made if it is not there, and removes what an earlier daemon left
 * half done.
 * @throws GuidestarError if the folder cannot be used, is in use, or has a state that cannot be read
 */
export async function diskStorage(folder: string): Promise<Storage> {
  return saying(folder, async () => {
    const modules = path.join(folder, MODULES);
    await makeFolder(modules);
    const lock = await lockFolder(folder);
    try {
      const file = path.join(folder, STATE);
      await rm(`${file}${UNFINISHED}`, { force: true });
      const json = await readFile(file, "utf8").catch(absent);
      const state = json === undefined ? emptyState : readState(json, file);
      await keepOnly(modules, hashesIn(state));
      return storage(folder, state, () => lock.release());
    } catch (error) {
      await lock.release();
      throw error;
    }
  });
}

function storage(folder: string, state: StoreState, close: () => Promise<void>): Storage {
  const modules = path.join(folder, MODULES);
  const noteOf = (kind: NoteKind, name: string) =>
    path.join(folder, kind, `${name}.${endings[kind]}`);
  const fileOf = (hash: string) => path.join(modules, `${hash}${ENDING}`);
  return {
    state,
    close,
    putModule: (hash, bytes) => saying(folder, () => writeDurably(fileOf(hash), bytes)),
    getModule: async (hash) => {
      const bytes = await saying(folder, () => readFile(fileOf(hash)).catch(absent));
      if (bytes === undefined) return missing(hash);
      if (hashOf(bytes) === hash) return bytes;
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `the module in ${fileOf(hash)} is not the one that was stored there: upload it again`,
      );
    },
    saveState: (next) =>
      saying(folder, () => writeDurably(path.join(folder, STATE), writeState(next))),
    keepOnly: (hashes) => keepOnly(modules, hashes),
    putNote: (kind, name, bytes) =>
      saying(folder, async () => {
        await makeFolder(path.join(folder, kind));
        await writeDurably(noteOf(kind, name), bytes);
      }),
    getNote: (kind, name) => saying(folder, () => readFile(noteOf(kind, name)).catch(absent)),
    removeNote: (kind, name) => saying(folder, () => rm(noteOf(kind, name), { force: true })),
  };
}

async function keepOnly(modules: string, hashes: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(modules).catch(() => [])) {
    const isKept = name.endsWith(ENDING) && hashes.has(name.slice(0, -ENDING.length));
    if (!isKept)
      await rm(path.join(modules, name), { force: true, recursive: true }).catch(() => {});
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}

/** Errors of the system become ours, and name the folder. */
async function saying<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GuidestarError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new GuidestarError(
      isDenied
        ? "PERMISSION_DENIED"
        : code === "ENOSPC"
          ? "RESOURCE_EXHAUSTED"
          : "FAILED_PRECONDITION",
      `cannot use the plugin store ${folder}: ${message}; choose another with --plugin-dir`,
      { cause: error },
    );
  }
}
