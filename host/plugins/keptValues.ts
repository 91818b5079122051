import type { Storage } from "./store/storage.js";

/** The values that plugins have the host keep, as the pipeline told last: in the store, for its next start. */
export class KeptValues {
  private readonly latest = new Map<string, Uint8Array>();
  private readonly unsaved = new Set<string>();

  constructor(private readonly storage: Storage) {}

  /** What was stored for a plugin; nothing if that cannot be read. */
  async open(name: string): Promise<void> {
    const bytes = await this.storage.getNote("kept", name).catch(() => undefined);
    if (bytes) this.latest.set(name, bytes);
  }

  /** By plugin. */
  get all(): ReadonlyMap<string, Uint8Array> {
    return this.latest;
  }

  /** To be saved with the next `save`. */
  set(name: string, bytes: Uint8Array): void {
    this.latest.set(name, bytes);
    this.unsaved.add(name);
  }

  /** Rejects if something could not be stored; it is tried again the next time. */
  async save(): Promise<void> {
    for (const name of this.unsaved) {
      await this.storage.putNote("kept", name, this.latest.get(name) ?? new Uint8Array(0));
      this.unsaved.delete(name);
    }
  }

  async forget(name: string): Promise<void> {
    this.latest.delete(name);
    this.unsaved.delete(name);
    await this.storage.removeNote("kept", name).catch(() => {});
  }
}
