import { createHash } from "node:crypto";
import { GuidestarError } from "../../errors.js";
import { emptyState, type StoreState } from "./state.js";

/**
 * Where modules and the state that names them are kept. A module is written before the state that names
 * it, and removed after the one that no longer does: whenever it ends, the last state saved is whole.
 */
export interface Storage {
  /** As it was when the storage was opened. */
  readonly state: StoreState;
  /** Resolves once the module will be there after a power cut. */
  putModule(hash: string, bytes: Uint8Array): Promise<void>;
  /** Rejects with NOT_FOUND or, if it is not what was put there, with FAILED_PRECONDITION. */
  getModule(hash: string): Promise<Uint8Array>;
  /** Resolves once this state, and no other, will be there after a power cut. */
  saveState(state: StoreState): Promise<void>;
  /** Forgets modules that are not among these. What cannot be removed is left for the next time. */
  keepOnly(hashes: ReadonlySet<string>): Promise<void>;
  /** Bytes kept for a plugin, beside the state: nothing depends on them. Resolves once they are safe. */
  putNote(kind: NoteKind, name: string, bytes: Uint8Array): Promise<void>;
  /** undefined: there is none. */
  getNote(kind: NoteKind, name: string): Promise<Buffer | undefined>;
  removeNote(kind: NoteKind, name: string): Promise<void>;
  close(): Promise<void>;
}

/** Events that made it fail; values that it has the host keep. */
export type NoteKind = "poison" | "kept";

export function hashOf(module: Uint8Array): string {
  return createHash("sha256").update(module).digest("hex");
}

/** All hashes that a state names. */
export function hashesIn(state: StoreState): Set<string> {
  return new Set(state.plugins.flatMap(({ versions }) => versions.map(({ hash }) => hash)));
}

/** Of a daemon that forgets its plugins when it ends. */
export function memoryStorage(): Storage {
  const modules = new Map<string, Uint8Array>();
  const notes = new Map<string, Buffer>();
  return {
    state: emptyState,
    putModule: async (hash, bytes) => void modules.set(hash, bytes),
    getModule: async (hash) => modules.get(hash) ?? missing(hash),
    saveState: async () => {},
    keepOnly: async (hashes) => {
      for (const hash of modules.keys()) if (!hashes.has(hash)) modules.delete(hash);
    },
    putNote: async (kind, name, bytes) => void notes.set(`${kind}/${name}`, Buffer.from(bytes)),
    getNote: async (kind, name) => notes.get(`${kind}/${name}`),
    removeNote: async (kind, name) => void notes.delete(`${kind}/${name}`),
    close: async () => {},
  };
}

export function missing(hash: string): never {
  throw new GuidestarError("NOT_FOUND", `the module ${hash.slice(0, 12)} is not in the store`);
}
