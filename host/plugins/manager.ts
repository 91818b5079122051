/**
 * The plugins of a daemon on the main thread: what is stored, what is in the chain, and every change of
 * both. A change is saved first, then put in force; one that fails leaves both as they were.
 */
import { GuidestarError } from "../errors.js";
import { InOrder } from "../inOrder.js";
import { Instances, newInstance } from "./instances.js";
import { KeptValues } from "./keptValues.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type {
  ChainPort,
  Changed,
  Ordered,
  PluginManagerOptions,
  PluginState,
  Prepare,
  UploadOptions,
} from "./managed.js";
import type { Poison } from "./poison.js";
import { Poisons } from "./poisons.js";
import type {
  ActivePlugin,
  Arranged,
  PluginMode,
  PluginSetup,
  PreparedPlugin,
} from "./prepared.js";
import { checkGate, type GateLimits, type Rehearsal } from "./rehearsal.js";
import { fittingSettings, settingsFor } from "./settings/ofPlugin.js";
import { checkSignature, noSignatures, type SignatureConfig } from "./signatureCheck.js";
import * as changes from "./store/changes.js";
import type { StoredPlugin, StoreState } from "./store/state.js";
import { hashesIn, type Storage } from "./store/storage.js";
import { refuseCancelled, refuseSame, withUpload } from "./uploads.js";
import { Versions } from "./versions.js";

export type {
  ChainPort,
  Changed,
  Ordered,
  PluginManagerOptions,
  PluginState,
  Prepare,
  UploadOptions,
} from "./managed.js";

export class PluginManager {
  readonly #storage: Storage;
  readonly #prepare: Prepare;
  readonly #onTrouble: NonNullable<PluginManagerOptions["onTrouble"]>;
  readonly #nowMs: () => number;
  readonly #signatures: SignatureConfig;
  /** Uploads that were refused, by reason. */
  readonly #refused = { signature: 0, other: 0 };
  readonly #queue = new InOrder();
  #state: StoreState;
  #instances = new Instances();
  readonly #versions: Versions;
  readonly #poison: Poisons;
  readonly #kept: KeptValues;
  #port: ChainPort | undefined;

  private constructor(options: PluginManagerOptions) {
    this.#storage = options.storage;
    this.#prepare = options.prepare;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#nowMs = options.nowMs ?? Date.now;
    this.#signatures = options.signatures ?? noSignatures;
    this.#state = options.storage.state;
    this.#versions = new Versions(this.#storage, this.#prepare, this.#signatures);
    this.#poison = new Poisons(this.#storage);
    this.#kept = new KeptValues(this.#storage);
  }

  /** Makes what is stored ready for the chain. A plugin that cannot be used any more is kept, and told of. */
  static async open(options: PluginManagerOptions): Promise<PluginManager> {
    const manager = new PluginManager(options);
    for (const plugin of manager.#state.plugins) await manager.#open(plugin);
    return manager;
  }

  /** The chain as it is stored, to begin with. */
  setups(): PluginSetup[] {
    return this.#setupsOf(this.#state, this.#instances);
  }

  /** The pipeline whose chain this is; it began with `setups()`. */
  attach(port: ChainPort): void {
    this.#port = port;
  }

  /** Uploads that were refused since the start, by reason. */
  get refusedUploads(): Readonly<Record<string, number>> {
    return this.#refused;
  }

  async upload(module: Uint8Array, options: UploadOptions = {}): Promise<Changed> {
    try {
      return await this.#upload(module, options);
    } catch (thrown) {
      const { code, message } = GuidestarError.from(thrown);
      if (code !== "CANCELLED") {
        this.#refused[code === "PERMISSION_DENIED" ? "signature" : "other"]++;
        this.#onTrouble(options.name ?? "", `an upload was refused: ${message}`);
      }
      throw thrown;
    }
  }

  #upload(module: Uint8Array, options: UploadOptions): Promise<Changed> {
    return this.#queue.run(async () => {
      refuseCancelled(options);
      const signedBy = checkSignature(this.#signatures, module, options.signature, (line) =>
        this.#onTrouble(options.name ?? "", `an upload was taken though ${line}`),
      );
      const { name } = options;
      const prepared = await this.#prepare(module, name === undefined ? {} : { name });
      refuseCancelled(options);
      const before = this.#state.plugins.find((plugin) => plugin.name === prepared.name);
      if (options.asShadow && before === undefined) changes.pluginNamed(this.#state, prepared.name);
      const uploaded = { uploadedMs: this.#nowMs(), signedBy };
      const plugin = withUpload(prepared, before, options, uploaded);
      const rehearsal =
        options.gate && (await this.#rehearse(prepared, plugin.settings, options.gate));
      refuseCancelled(options);
      await this.#storage.putModule(prepared.version, module);
      this.#versions.add(prepared);
      const next = changes.withPlugin(this.#state, plugin);
      return { ...(await this.#commit(next, plugin.name, prepared.version)), rehearsal };
    });
  }

  remove(name: string): Promise<Changed> {
    return this.#queue.run(async () => {
      const was = await this.#stateOf(changes.pluginNamed(this.#state, name));
      const arranged = await this.#save(
        changes.withoutPlugin(this.#state, name),
        new Instances(this.#instances),
      );
      await this.#poison.forget(name);
      await this.#kept.forget(name);
      const active = arranged.removed.find((plugin) => plugin.name === name);
      return { plugin: { ...was, active }, firstSequence: arranged.firstSequence, replaced: "" };
    });
  }

  /** A plugin that is quarantined begins anew. */
  setMode(name: string, mode: PluginMode): Promise<Changed> {
    return this.#queue.run(async () => {
      const plugin = changes.pluginNamed(this.#state, name);
      const { active } = await this.#stateOf(plugin);
      const fresh = active !== undefined && active.failure !== "" ? plugin.active : undefined;
      return this.#commit(changes.withPlugin(this.#state, { ...plugin, mode }), name, fresh);
    });
  }

  /** Runs a stored version beside the active one; "" ends that. */
  setShadow(name: string, version: string): Promise<Changed> {
    return this.#queue.run(async () => {
      const plugin = changes.pluginNamed(this.#state, name);
      const shadow = version === "" ? "" : changes.versionNamed(plugin, version).hash;
      refuseSame(plugin, shadow);
      if (shadow !== "") await this.#versions.ready(this.#state, name, shadow);
      const next = changes.withPlugin(this.#state, { ...plugin, shadow });
      return this.#commit(next, name, shadow === "" ? undefined : shadow);
    });
  }

  /** `settings`: JSON text of all of them; what is not in it takes its default. */
  setSettings(name: string, settings: string): Promise<Changed> {
    return this.#queue.run(async () => {
      const plugin = changes.pluginNamed(this.#state, name);
      const checked = settingsFor(
        await this.#versions.ready(this.#state, name, plugin.active),
        settings,
      );
      return this.#commit(changes.withPlugin(this.#state, { ...plugin, settings: checked }), name);
    });
  }

  /** These first, in this order; the others behind them as they were. */
  setOrder(names: readonly string[]): Promise<Ordered> {
    return this.#queue.run(async () => {
      const next = changes.withOrder(this.#state, names);
      const { firstSequence } = await this.#save(next, new Instances(this.#instances));
      return { firstSequence, order: next.plugins.map(({ name }) => name) };
    });
  }

  /** Back to a stored version; "": to the one that was in use before. */
  rollback(name: string, version: string): Promise<Changed> {
    return this.#queue.run(async () => {
      const plugin = changes.pluginNamed(this.#state, name);
      const { hash } =
        version === "" ? changes.versionBefore(plugin) : changes.versionNamed(plugin, version);
      const settings = fittingSettings(
        await this.#versions.ready(this.#state, name, hash),
        plugin.settings,
      );
      const next = changes.withActive({ ...plugin, settings }, hash);
      return this.#commit(changes.withPlugin(this.#state, next), name, hash);
    });
  }

  /** Plugins that a stream named, each with an instance of its own. Rejects with NOT_FOUND, or why one cannot be used. */
  async forStream(names: readonly string[]): Promise<PluginSetup[]> {
    if (names.length > PLUGIN_LIMITS.pluginsOfStream) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `plugins: a stream may name ${PLUGIN_LIMITS.pluginsOfStream}, not ${names.length}`,
      );
    }
    const setups: PluginSetup[] = [];
    for (const name of names) {
      const stored = changes.pluginNamed(this.#state, name);
      const plugin = await this.#versions.ready(this.#state, name, stored.active);
      const { uploadedMs } = changes.versionNamed(stored, stored.active);
      const instance = newInstance();
      setups.push({ plugin, instance, mode: "enforce", settings: stored.settings, uploadedMs });
    }
    return setups;
  }

  /** In the order in which events pass through them. */
  async list(): Promise<PluginState[]> {
    const active = await this.#chain().plugins();
    return this.#state.plugins.map((plugin) => this.#describe(plugin, active));
  }

  /** The last events that made a plugin fail, the oldest first. */
  poison(name: string): readonly Poison[] {
    return this.#poison.of(name);
  }

  /** Keeps an event that made a plugin fail, if it is still there. */
  addPoison(poison: Poison): Promise<void> {
    return this.#queue.run(async () => {
      const name = poison.plugin;
      if (!this.#state.plugins.some((plugin) => plugin.name === name)) return;
      await this.#poison.add(poison).catch((error: Error) => {
        this.#onTrouble(name, `an event that made it fail could not be saved: ${error.message}`);
      });
    });
  }

  /** What plugins had the host keep when the daemon ran last, by name. */
  get kept(): ReadonlyMap<string, Uint8Array> {
    return this.#kept.all;
  }

  /** Keeps what a plugin has the host keep, if it is still there. */
  keep(name: string, bytes: Uint8Array): void {
    if (!this.#state.plugins.some((plugin) => plugin.name === name)) return;
    this.#kept.set(name, bytes);
    void this.#queue
      .run(() => this.#kept.save())
      .catch((error: Error) => {
        this.#onTrouble(name, `what it keeps could not be saved: ${error.message}`);
      });
  }

  /** Rejects with NOT_FOUND. */
  async get(name: string): Promise<PluginState> {
    return this.#stateOf(changes.pluginNamed(this.#state, name));
  }

  close(): Promise<void> {
    return this.#queue.run(() => this.#storage.close());
  }

  async #open(plugin: StoredPlugin): Promise<void> {
    await this.#poison.open(plugin.name);
    await this.#kept.open(plugin.name);
    try {
      await this.#versions.ready(this.#state, plugin.name, plugin.active);
    } catch (error) {
      const why = `cannot be used: ${(error as Error).message}`;
      this.#versions.setBroken(plugin.name, why);
      this.#onTrouble(plugin.name, why);
      return;
    }
    if (plugin.shadow === "") return;
    await this.#versions.ready(this.#state, plugin.name, plugin.shadow).catch((error: Error) => {
      this.#onTrouble(plugin.name, `its shadow version cannot be used: ${error.message}`);
    });
  }

  async #rehearse(
    prepared: PreparedPlugin,
    settings: string,
    gate: GateLimits,
  ): Promise<Rehearsal> {
    const fitting = fittingSettings(prepared, settings);
    const rehearsal = await this.#chain().rehearse(prepared, fitting);
    checkGate(rehearsal, gate, `${prepared.name} ${prepared.manifestVersion}`);
    return rehearsal;
  }

  /** Saves a state and puts it in force. `fresh`: hash of the version that begins with fresh state. */
  async #commit(next: StoreState, name: string, fresh?: string): Promise<Changed> {
    const before = this.#state.plugins.find((plugin) => plugin.name === name);
    const instances = new Instances(this.#instances);
    if (fresh !== undefined) instances.renew(name, fresh);
    const { firstSequence, plugins } = await this.#save(next, instances);
    const stored = changes.pluginNamed(next, name);
    const isSwap = fresh !== undefined && fresh === stored.active;
    return {
      plugin: this.#describe(stored, plugins),
      firstSequence,
      replaced: isSwap && before ? before.active : "",
    };
  }

  async #save(next: StoreState, instances: Instances): Promise<Arranged> {
    const port = this.#chain();
    try {
      await this.#storage.saveState(next);
      const arranged = await port.arrange(this.#setupsOf(next, instances));
      this.#state = next;
      this.#instances = instances;
      return arranged;
    } catch (error) {
      await this.#storage.saveState(this.#state).catch((again: Error) => {
        this.#onTrouble("", `a change that failed could not be taken back: ${again.message}`);
      });
      throw error;
    } finally {
      await this.#forgetUnused();
    }
  }

  async #forgetUnused(): Promise<void> {
    this.#instances.keepOnly(this.#versions.keepUsed(this.#state));
    await this.#storage.keepOnly(hashesIn(this.#state));
  }

  #setupsOf(state: StoreState, instances: Instances): PluginSetup[] {
    return state.plugins.flatMap((stored): PluginSetup[] => {
      const { name, active, shadow, mode, settings } = stored;
      const plugin = this.#versions.get(name, active);
      if (plugin === undefined || plugin.scope === "stream") return [];
      const beside = this.#versions.get(name, shadow);
      return [
        {
          ...{ plugin, mode, settings },
          instance: instances.of(name, active),
          uploadedMs: changes.versionNamed(stored, active).uploadedMs,
          shadow: beside && {
            plugin: beside,
            instance: instances.of(name, shadow),
            settings: fittingSettings(beside, settings),
          },
        },
      ];
    });
  }

  async #stateOf(stored: StoredPlugin): Promise<PluginState> {
    return this.#describe(stored, await this.#chain().plugins());
  }

  #describe(stored: StoredPlugin, active: readonly ActivePlugin[]): PluginState {
    const { name } = stored;
    return {
      stored,
      active: active.find((plugin) => plugin.name === name),
      prepared: this.#versions.get(name, stored.active),
      broken: this.#versions.failureOf(name),
    };
  }

  #chain(): ChainPort {
    if (this.#port) return this.#port;
    throw new GuidestarError("UNAVAILABLE", "the event pipeline has not started yet");
  }
}
