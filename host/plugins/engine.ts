import { GuidestarError } from "../errors.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import type { Instance } from "./runtime/instance.js";
import { KeyValues } from "./runtime/keyValues.js";
import { PluginError } from "./runtime/pluginError.js";
import { settingsJson } from "./settings/values.js";
import { startInstance } from "./startInstance.js";

/**
 * Keeps a plugin running: an instance that failed is replaced. After too many failures in a while there
 * is none any more, which is to say that the plugin is quarantined.
 */
export class Engine {
  /** Why there is no instance any more; "" while there is. */
  failure = "";
  /** Of the last failure: one clause. */
  lastReason = "";
  /** Fuel that the last call burnt. */
  burnt = 0;
  private instance: Instance | undefined;
  private settings: string;
  private nextTickMs: number;
  /** When it failed lately; milliseconds. */
  private strikes: number[] = [];

  /** `onLoss`: an instance is gone, with all it knew. */
  constructor(
    private readonly plugin: LoadedPlugin,
    private readonly nowMs: () => number,
    private readonly onLoss: () => void,
  ) {
    this.instance = plugin.instance;
    this.settings = plugin.settings;
    this.nextTickMs = nowMs() + plugin.prepared.tickMs;
    if (this.instance === undefined) this.failure = plugin.failure ?? "could not be started";
  }

  /** The settings in force, JSON; "": it has none. */
  get currentSettings(): string {
    return this.settings;
  }

  /** Calls the instance; undefined: it failed, and was replaced. */
  attempt<Result>(call: (instance: Instance) => Result): Result | undefined {
    const { instance } = this;
    this.burnt = 0;
    if (instance === undefined) return undefined;
    try {
      return call(instance);
    } catch (error) {
      this.lastReason = reasonOf(error);
      this.onLoss();
      this.restart();
      return undefined;
    } finally {
      this.burnt = instance.burnt;
    }
  }

  /** Counts a failure, and quarantines the plugin if there were too many. `where`: for the log. */
  strike(where = ""): void {
    const now = this.nowMs();
    this.strikes.push(now);
    this.strikes = this.strikes.filter((at) => now - at < PLUGIN_LIMITS.failureWindowMs);
    if (where !== "") this.plugin.sink("error", `failed ${where}: ${this.lastReason}`);
    if (this.failure !== "" || this.strikes.length < PLUGIN_LIMITS.failures) return;
    const window = PLUGIN_LIMITS.failureWindowMs / 1000;
    this.putOut(
      `failed ${this.strikes.length} times within ${window} s, the last time it ${this.lastReason}`,
    );
  }

  /** Whether the plugin is to be called by the clock; if so, its next time is set. */
  isTickDue(isLast: boolean): boolean {
    const { tickMs } = this.plugin.prepared;
    const now = this.nowMs();
    if (tickMs === 0 || this.failure !== "" || (now < this.nextTickMs && !isLast)) return false;
    this.nextTickMs = now + tickMs;
    return true;
  }

  /** Has the engine of the next version take over what this one knows. Returns whether it did. */
  handOver(next: Engine): boolean {
    const { instance } = this;
    if (!instance?.canHandOver || !next.instance?.canHandOver) return false;
    try {
      next.begin(next.instance, instance.saveState());
      return true;
    } catch (error) {
      next.beginAnew(error);
      return false;
    }
  }

  /** Has the engine of a shadow version begin with what this one knows, and goes on. Returns whether it did. */
  lend(shadow: Engine): boolean {
    const { instance } = shadow;
    if (!this.instance?.canHandOver || !instance?.canHandOver) return false;
    const state = this.attempt((own) => own.saveState());
    if (state === undefined) {
      this.strike("to save its state for the shadow");
      return false;
    }
    try {
      shadow.begin(instance, state);
      return true;
    } catch (error) {
      shadow.beginAnew(error);
      return false;
    }
  }

  private begin(instance: Instance, state: Uint8Array): void {
    instance.loadState(state);
    this.plugin.sink("info", `took over ${state.length} bytes of state`);
  }

  private beginAnew(error: unknown): void {
    this.plugin.sink("warning", `starts without state: the handover ${reasonOf(error)}`);
    this.restart();
  }

  /**
   * What settings the plugin would take: those given, an object or its JSON, with defaults.
   * @throws GuidestarError INVALID_ARGUMENT if they do not fit, or the plugin's own check refuses them
   */
  check(values: unknown): string {
    const { schema, name } = this.plugin.prepared;
    if (!schema) {
      throw new GuidestarError("INVALID_ARGUMENT", `plugin ${name} has no settings`);
    }
    const settings = settingsJson(schema, values);
    // On an instance that nobody needs: one that aborts is good for nothing.
    this.newInstance(settings, new KeyValues());
    return settings;
  }

  /** New settings, that `check` let pass, from the next batch on. */
  configure(settings: string): void {
    this.settings = settings;
    if (this.failure !== "") return;
    this.attempt((instance) => {
      instance.configure(settings);
      return true;
    }) ?? this.strike("on new settings");
  }

  private restart(): void {
    try {
      this.instance = this.newInstance(this.settings, this.plugin.keyValues);
    } catch (error) {
      this.putOut(`could not be started again: it ${reasonOf(error)}`);
    }
  }

  private newInstance(settings: string, keyValues: KeyValues): Instance | undefined {
    const { module, sink, nowMs } = this.plugin;
    if (module === undefined) return undefined;
    try {
      return startInstance(this.plugin.prepared, module, { sink, nowMs, keyValues, settings });
    } catch (error) {
      throw GuidestarError.from(error, "INVALID_ARGUMENT");
    }
  }

  private putOut(failure: string): void {
    this.failure = failure;
    this.instance = undefined;
    this.plugin.sink("error", `is quarantined: ${failure}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PluginError) return error.reason;
  if (error instanceof GuidestarError && error.cause instanceof PluginError) {
    return error.cause.reason;
  }
  return `failed in the host: ${error instanceof Error ? error.message : String(error)}`;
}
