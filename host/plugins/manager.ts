/**
 * The plugins of a daemon on the main thread: what is stored, what is in the chain, and every change of
 * both. A change is saved first, then put in force; one that fails leaves both as they were.
 */
import { GuidestarError } from "../errors.js";
import { InOrder } from "../inOrder.js";
import type { PipelinePort } from "../pipeline/port.js";
import { Instances, newInstance } from "./instances.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { type Poison, readPoisons, writePoisons } from "./poison.js";
import type {
  ActivePlugin,
  Arranged,
  PluginMode,
  PluginSetup,
  PreparedPlugin,
} from "./prepared.js";
import { checkGate, type GateLimits, type Rehearsal } from "./rehearsal.js";
import { settingsJson } from "./settings/values.js";
import {
  checkSignature,
  checkStored,
  noSignatures,
  type SignatureConfig,
} from "./signatureCheck.js";
import * as changes from "./store/changes.js";
import type { StoredPlugin, StoredVersion, StoreState } from "./store/state.js";
import { hashesIn, type Storage } from "./store/storage.js";

/**
 * Validates and rewrites a module. `name`: to register it under; absent: as its manifest says.
 * Rejects with `INVALID_ARGUMENT` and the reason.
 */
export type Prepare = (
  module: Uint8Array,
  options: { readonly name?: string },
) => Promise<PreparedPlugin>;

/** What a plugin's change needs of the pipeline. */
export type ChainPort = Pick<PipelinePort, "arrange" | "plugins" | "rehearse">;

export interface PluginManagerOptions {
  readonly storage: Storage;
  readonly prepare: Prepare;
  /** Told what an operator should know, in a sentence. */
  readonly onTrouble?: (plugin: string, line: string) => void;
  readonly nowMs?: () => number;
  /** Whose modules are taken. Default: everybody's. */
  readonly signatures?: SignatureConfig;
}

export interface UploadOptions {
  /** To register it under; default: the name in its manifest. */
  readonly name?: string;
  /** Default: that of the version before, else `enforce`. */
  readonly mode?: PluginMode;
  /** Runs it beside the active version, and compares. Default false. */
  readonly asShadow?: boolean;
  /** JSON text. Default: the settings of the version before if they fit, else the defaults. */
  readonly settings?: string;
  /** Tries it on the last events first, and refuses it if that shows more than this. */
  readonly gate?: GateLimits;
  /** Of the module, if it is not in the module itself. */
  readonly signature?: Uint8Array;
  /** True: nobody waits for the result any more, so nothing may change. */
  readonly isCancelled?: () => boolean;
}

export interface Changed {
  readonly plugin: PluginState;
  /** Number of the first event that passes through the chain as it is now. */
  readonly firstSequence: number;
  /** Hash of the version that was replaced; "": none was. */
  readonly replaced: string;
  /** What the plugin said of the last events, if there was a gate. */
  readonly rehearsal?: Rehearsal | undefined;
}

export interface Ordered {
  /** Number of the first event that passes through the plugins in this order. */
  readonly firstSequence: number;
  /** Names of all of them. */
  readonly order: readonly string[];
}

export interface PluginState {
  readonly stored: StoredPlugin;
  /** As it is in the chain, or was; undefined: it is in none. */
  readonly active: ActivePlugin | undefined;
  /** The version in use; undefined if it cannot be used. */
  readonly prepared: PreparedPlugin | undefined;
  /** Why it cannot be used though it is stored; "" if it can. */
  readonly broken: string;
}

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
  /** Ready for the chain, by name and hash. */
  readonly #prepared = new Map<string, PreparedPlugin>();
  readonly #broken = new Map<string, string>();
  readonly #poison = new Map<string, readonly Poison[]>();
  #port: ChainPort | undefined;

  private constructor(options: PluginManagerOptions) {
    this.#storage = options.storage;
    this.#prepare = options.prepare;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#nowMs = options.nowMs ?? Date.now;
    this.#signatures = options.signatures ?? noSignatures;
    this.#state = options.storage.state;
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
      const plugin = this.#withUpload(prepared, before, options, signedBy);
      const rehearsal =
        options.gate && (await this.#rehearse(prepared, plugin.settings, options.gate));
      refuseCancelled(options);
      await this.#storage.putModule(prepared.version, module);
      this.#remember(prepared);
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
      this.#poison.delete(name);
      await this.#storage.removeNote(name).catch(() => {});
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
      if (shadow !== "") await this.#ready(name, shadow);
      const next = changes.withPlugin(this.#state, { ...plugin, shadow });
      return this.#commit(next, name, shadow === "" ? undefined : shadow);
    });
  }

  /** `settings`: JSON text of all of them; what is not in it takes its default. */
  setSettings(name: string, settings: string): Promise<Changed> {
    return this.#queue.run(async () => {
      const plugin = changes.pluginNamed(this.#state, name);
      const checked = settingsFor(await this.#ready(name, plugin.active), settings);
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
      const settings = fittingSettings(await this.#ready(name, hash), plugin.settings);
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
      const plugin = await this.#ready(name, stored.active);
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
    return this.#poison.get(name) ?? [];
  }

  /** Keeps an event that made a plugin fail, if it is still there. */
  addPoison(poison: Poison): Promise<void> {
    return this.#queue.run(async () => {
      const name = poison.plugin;
      if (!this.#state.plugins.some((plugin) => plugin.name === name)) return;
      const kept = [...this.poison(name), poison].slice(-PLUGIN_LIMITS.poisonsKept);
      this.#poison.set(name, kept);
      await this.#storage.putNote(name, writePoisons(kept)).catch((error: Error) => {
        this.#onTrouble(name, `an event that made it fail could not be saved: ${error.message}`);
      });
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
    const note = await this.#storage.getNote(plugin.name).catch(() => "");
    if (note !== "") this.#poison.set(plugin.name, readPoisons(note));
    try {
      await this.#ready(plugin.name, plugin.active);
    } catch (error) {
      const why = `cannot be used: ${(error as Error).message}`;
      this.#broken.set(plugin.name, why);
      this.#onTrouble(plugin.name, why);
      return;
    }
    if (plugin.shadow === "") return;
    await this.#ready(plugin.name, plugin.shadow).catch((error: Error) => {
      this.#onTrouble(plugin.name, `its shadow version cannot be used: ${error.message}`);
    });
  }

  /** A stored version, ready for the chain. */
  async #ready(name: string, hash: string): Promise<PreparedPlugin> {
    const known = this.#prepared.get(keyOf(name, hash));
    if (known) return known;
    const version = changes.versionNamed(changes.pluginNamed(this.#state, name), hash);
    checkStored(this.#signatures, version.signedBy);
    return this.#remember(await this.#prepare(await this.#storage.getModule(hash), { name }));
  }

  #remember(prepared: PreparedPlugin): PreparedPlugin {
    this.#prepared.set(keyOf(prepared.name, prepared.version), prepared);
    return prepared;
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

  #withUpload(
    prepared: PreparedPlugin,
    before: StoredPlugin | undefined,
    options: UploadOptions,
    signedBy: string,
  ): StoredPlugin {
    const { name, version, manifestVersion, size } = prepared;
    const stored: StoredVersion = {
      ...{ hash: version, manifestVersion, size },
      uploadedMs: this.#nowMs(),
      signedBy,
    };
    if (before && options.asShadow) {
      refuseSame(before, version);
      return changes.withVersion({ ...before, shadow: version }, stored);
    }
    const settings =
      options.settings === undefined
        ? fittingSettings(prepared, before?.settings ?? "")
        : settingsFor(prepared, options.settings);
    const mode = options.mode ?? before?.mode ?? "enforce";
    const shadow = before === undefined || before.shadow === version ? "" : before.shadow;
    const versions = before?.versions ?? [];
    return changes.withVersion({ name, mode, active: version, shadow, settings, versions }, stored);
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
    const used = new Set<string>();
    for (const { name, active, shadow } of this.#state.plugins) {
      used.add(keyOf(name, active)).add(keyOf(name, shadow));
    }
    for (const key of this.#prepared.keys()) if (!used.has(key)) this.#prepared.delete(key);
    for (const name of this.#broken.keys()) {
      const plugin = this.#state.plugins.find((other) => other.name === name);
      if (!plugin || this.#prepared.has(keyOf(name, plugin.active))) this.#broken.delete(name);
    }
    this.#instances.keepOnly((key) => used.has(key));
    await this.#storage.keepOnly(hashesIn(this.#state));
  }

  #setupsOf(state: StoreState, instances: Instances): PluginSetup[] {
    return state.plugins.flatMap((stored): PluginSetup[] => {
      const { name, active, shadow, mode, settings } = stored;
      const plugin = this.#prepared.get(keyOf(name, active));
      if (plugin === undefined || plugin.scope === "stream") return [];
      const beside = this.#prepared.get(keyOf(name, shadow));
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
      prepared: this.#prepared.get(keyOf(name, stored.active)),
      broken: this.#broken.get(name) ?? "",
    };
  }

  #chain(): ChainPort {
    if (this.#port) return this.#port;
    throw new GuidestarError("UNAVAILABLE", "the event pipeline has not started yet");
  }
}

/** What a plugin gets that was given these settings, JSON. @throws GuidestarError naming the setting */
function settingsFor({ name, schema }: PreparedPlugin, settings: string): string {
  if (schema) return settingsJson(schema, settings === "" ? {} : settings);
  if (settings === "" || settings.trim() === "{}") return "";
  throw new GuidestarError("INVALID_ARGUMENT", `plugin ${name} has no settings`);
}

/** The settings of another version if this one takes them, else its defaults. */
function fittingSettings(prepared: PreparedPlugin, settings: string): string {
  try {
    return settingsFor(prepared, settings);
  } catch {
    return prepared.settings;
  }
}

function refuseSame({ name, active }: StoredPlugin, shadow: string): void {
  if (shadow !== active) return;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `${name}@${shadow.slice(0, 12)} is the active version: a shadow must be another`,
  );
}

function refuseCancelled({ isCancelled }: UploadOptions): void {
  if (isCancelled?.()) throw new GuidestarError("CANCELLED", "the upload was cancelled");
}

function keyOf(name: string, hash: string): string {
  return `${name}@${hash}`;
}
