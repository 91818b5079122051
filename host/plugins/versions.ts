import type { Prepare } from "./managed.js";
import type { PreparedPlugin } from "./prepared.js";
import { checkStored, type SignatureConfig } from "./signatureCheck.js";
import { pluginNamed, versionNamed } from "./store/changes.js";
import type { StoreState } from "./store/state.js";
import type { Storage } from "./store/storage.js";

/** Versions that are ready for the chain, and why others cannot be. */
export class Versions {
  private readonly prepared = new Map<string, PreparedPlugin>();
  private readonly broken = new Map<string, string>();

  constructor(
    private readonly storage: Storage,
    private readonly prepare: Prepare,
    private readonly signatures: SignatureConfig,
  ) {}

  /** undefined: it is not ready. */
  get(name: string, hash: string): PreparedPlugin | undefined {
    return this.prepared.get(versionKey(name, hash));
  }

  /** Why the version in use cannot be used; "" if it can. */
  failureOf(name: string): string {
    return this.broken.get(name) ?? "";
  }

  setBroken(name: string, why: string): void {
    this.broken.set(name, why);
  }

  /** A stored version, made ready if it is not. Rejects if it cannot be used any more. */
  async ready(state: StoreState, name: string, hash: string): Promise<PreparedPlugin> {
    const known = this.get(name, hash);
    if (known) return known;
    const version = versionNamed(pluginNamed(state, name), hash);
    checkStored(this.signatures, version.signedBy);
    return this.add(await this.prepare(await this.storage.getModule(hash), { name }));
  }

  add(prepared: PreparedPlugin): PreparedPlugin {
    this.prepared.set(versionKey(prepared.name, prepared.version), prepared);
    return prepared;
  }

  /** Forgets what is in no use. Returns whether a key of `versionKey` is in use. */
  keepUsed({ plugins }: StoreState): (key: string) => boolean {
    const used = new Set<string>();
    for (const { name, active, shadow } of plugins) {
      used.add(versionKey(name, active)).add(versionKey(name, shadow));
    }
    for (const key of this.prepared.keys()) if (!used.has(key)) this.prepared.delete(key);
    for (const name of this.broken.keys()) {
      const plugin = plugins.find((other) => other.name === name);
      if (!plugin || this.get(name, plugin.active)) this.broken.delete(name);
    }
    return (key) => used.has(key);
  }
}

export function versionKey(name: string, hash: string): string {
  return `${name}@${hash}`;
}
