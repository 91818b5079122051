import { PLUGIN_LIMITS } from "./limits.js";
import { type Poison, readPoisons, writePoisons } from "./poison.js";
import type { Storage } from "./store/storage.js";

/** The last events that made each plugin fail, here and in the store. */
export class Poisons {
  private readonly byName = new Map<string, readonly Poison[]>();

  constructor(private readonly storage: Storage) {}

  /** The oldest first. */
  of(name: string): readonly Poison[] {
    return this.byName.get(name) ?? [];
  }

  /** What was stored; nothing if that cannot be read. */
  async open(name: string): Promise<void> {
    const note = await this.storage.getNote("poison", name).catch(() => undefined);
    if (note) this.byName.set(name, readPoisons(note.toString()));
  }

  /** Rejects if it could not be stored; it is there all the same. */
  async add(poison: Poison): Promise<void> {
    const name = poison.plugin;
    const kept = [...this.of(name), poison].slice(-PLUGIN_LIMITS.poisonsKept);
    this.byName.set(name, kept);
    await this.storage.putNote("poison", name, Buffer.from(writePoisons(kept)));
  }

  async forget(name: string): Promise<void> {
    this.byName.delete(name);
    await this.storage.removeNote("poison", name).catch(() => {});
  }
}
