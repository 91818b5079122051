import {
  ABI_VERSION,
  ALIGNMENT,
  BATCH_FLAG_LAST,
  BATCH_OUTPUT_USED,
} from "../../../plugins/sdk/abi.js";
import { fuelFor, type PluginBudget } from "../budget.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { PrivateExport } from "../wasm/rewrite.js";
import { HostFunctions, type HostOptions } from "./imports.js";
import { OutputReader } from "./output.js";
import type { BatchParts, Packer } from "./packer.js";
import { PluginError } from "./pluginError.js";
import type { HeldNumbers, Judgement } from "./records.js";

interface PluginExports {
  readonly memory: WebAssembly.Memory;
  readonly gs_abi: () => number;
  readonly gs_allocate: (bytes: number) => number;
  readonly gs_process_batch: (address: number) => number;
  readonly gs_tick?: (address: number) => number;
  readonly gs_configure?: (address: number, bytes: number) => number;
  readonly gs_save_state?: () => number;
  readonly gs_load_state?: (address: number, bytes: number) => number;
  readonly [PrivateExport.fuel]: WebAssembly.Global;
  readonly [PrivateExport.start]?: () => void;
}

export interface InstanceOptions extends HostOptions {
  /** JSON; "": the plugin has no settings. */
  readonly settings?: string | undefined;
  /** Default: that of a plugin that asks for nothing. */
  readonly budget?: PluginBudget | undefined;
}

/** A running plugin, of whatever ABI. */
export interface Instance {
  /** Fuel that the last call burnt. */
  readonly burnt: number;
  /** Has the plugin judge the packed events that `selected` names. @throws PluginError */
  judge(packer: Packer, selected: Uint32Array, count: number, held?: HeldNumbers): Judgement;
  /** Calls the plugin by the clock. `isLast`: the instance goes away after this. @throws PluginError */
  tick(packer: Packer, isLast: boolean, held?: HeldNumbers): Judgement;
  /** Gives the plugin its settings. `json` fits the schema in its manifest. @throws PluginError */
  configure(json: string): void;
  /** Whether it has both of what follows. */
  readonly canHandOver: boolean;
  saveState(): Uint8Array;
  loadState(state: Uint8Array): void;
}

/** The least the host asks room for, so that small batches do not ask again and again. */
const SMALLEST_BLOCK = 64 * 1024;
const nobody = new Uint32Array(0);
const holdsNothing: HeldNumbers = { has: () => false };

/**
 * A running plugin. The module was checked and rewritten by `prepare`. Whatever it does wrong comes out
 * as a `PluginError`; after one the instance is in no known state and must be thrown away.
 */
export class PluginInstance implements Instance {
  private readonly host: HostFunctions;
  private readonly exports: PluginExports;
  private readonly fuel: WebAssembly.Global;
  private readonly budget: PluginBudget | undefined;
  private address = 0;
  private blockBytes = 0;
  private memory = Buffer.alloc(0);
  private readonly output = new OutputReader();
  /** Fuel that the last call burnt. */
  burnt = 0;

  /** Instantiates the module, runs its start function and gives it its settings. */
  constructor(module: WebAssembly.Module, options: InstanceOptions) {
    this.host = new HostFunctions(options);
    this.budget = options.budget;
    const instance = this.guard(() => new WebAssembly.Instance(module, this.host.imports));
    this.exports = instance.exports as unknown as PluginExports;
    this.host.memory = this.exports.memory;
    this.fuel = this.exports[PrivateExport.fuel];
    this.host.fuel = this.fuel;
    const start = this.exports[PrivateExport.start];
    const abi = this.whole(() =>
      this.call(PLUGIN_LIMITS.startFuel, "to start", () => {
        start?.();
        return this.exports.gs_abi();
      }),
    );
    if (abi !== ABI_VERSION) {
      throw new PluginError(
        `was built for version ${abi} of the ABI, this host has ${ABI_VERSION}`,
      );
    }
    if (options.settings) this.configure(options.settings);
  }

  /** Has the plugin judge the packed events that `selected` names. */
  judge(
    packer: Packer,
    selected: Uint32Array,
    count: number,
    held: HeldNumbers = holdsNothing,
  ): Judgement {
    const parts = packer.partsFor(count);
    this.makeRoom(parts.bytes);
    return this.whole(() => {
      const result = this.call(fuelFor(count, this.budget), `for ${count} events`, () => {
        packer.write(this.view(), this.address, parts, selected, this.host.nowNs, 0);
        return this.exports.gs_process_batch(this.address);
      });
      if (result !== 0) throw new PluginError(`returned ${result} from gs_process_batch, not 0`);
      return this.read(parts, held);
    });
  }

  /** Calls the plugin by the clock. `isLast`: the instance goes away after this. */
  tick(packer: Packer, isLast: boolean, held: HeldNumbers = holdsNothing): Judgement {
    packer.pack([], 0);
    const parts = packer.partsFor(0, PLUGIN_LIMITS.outputBytesPerTick);
    this.makeRoom(parts.bytes);
    return this.whole(() => {
      const result = this.call(fuelFor(0, this.budget), "for a tick", () => {
        const flags = isLast ? BATCH_FLAG_LAST : 0;
        packer.write(this.view(), this.address, parts, nobody, this.host.nowNs, flags);
        return this.exports.gs_tick?.(this.address) ?? 0;
      });
      if (result !== 0) throw new PluginError(`returned ${result} from gs_tick, not 0`);
      return this.read(parts, held);
    });
  }

  /** Gives the plugin its settings. `json` fits the schema in its manifest. */
  configure(json: string): void {
    const { gs_configure } = this.exports;
    if (!gs_configure) return;
    const bytes = this.put(Buffer.from(json));
    this.whole(() => {
      const result = this.call(PLUGIN_LIMITS.settingsFuel, "to take settings", () =>
        gs_configure(this.address, bytes),
      );
      if (result !== 0) throw new PluginError(`returned ${result} from gs_configure, not 0`);
    });
  }

  get canHandOver(): boolean {
    return this.exports.gs_save_state !== undefined && this.exports.gs_load_state !== undefined;
  }

  /** What the plugin wants its next version to know: a copy. */
  saveState(): Uint8Array {
    const { gs_save_state } = this.exports;
    if (!gs_save_state) throw new PluginError("has no state to save");
    const at = this.call(PLUGIN_LIMITS.stateFuel, "to save its state", () => gs_save_state()) >>> 0;
    const memory = this.view();
    const bytes = at % 4 === 0 && at + 4 <= memory.length ? memory.readUInt32LE(at) : -1;
    if (bytes < 0 || at + 4 + bytes > memory.length) {
      throw new PluginError(`gave ${at} as the place of its state`);
    }
    if (bytes > PLUGIN_LIMITS.stateBytes) {
      throw new PluginError(
        `has a state of ${bytes} bytes, ${PLUGIN_LIMITS.stateBytes} are allowed`,
      );
    }
    return Uint8Array.prototype.slice.call(memory, at + 4, at + 4 + bytes);
  }

  loadState(state: Uint8Array): void {
    const { gs_load_state } = this.exports;
    if (!gs_load_state) throw new PluginError("cannot load a state");
    const bytes = this.put(state);
    this.whole(() => {
      const result = this.call(PLUGIN_LIMITS.stateFuel, "to load a state", () =>
        gs_load_state(this.address, bytes),
      );
      if (result !== 0) throw new PluginError(`did not take the state: it returned ${result}`);
    });
  }

  private read(parts: BatchParts, held: HeldNumbers): Judgement {
    const memory = this.view();
    const used = memory.readUInt32LE(this.address + BATCH_OUTPUT_USED);
    return this.output.read(memory, this.address, parts, used, held);
  }

  /** Puts bytes where batches go; returns how many. */
  private put(bytes: Uint8Array): number {
    this.makeRoom(bytes.length);
    this.view().set(bytes, this.address);
    return bytes.length;
  }

  /** Has the plugin allocate a block that holds a batch of `bytes`. */
  private makeRoom(bytes: number): void {
    if (bytes <= this.blockBytes) return;
    let size = SMALLEST_BLOCK;
    while (size < bytes) size *= 2;
    const address =
      this.call(fuelFor(0), "to allocate a batch", () => this.exports.gs_allocate(size)) >>> 0;
    if (address === 0 || address % ALIGNMENT !== 0 || address + size > this.view().length) {
      throw new PluginError(`gave ${address} as the place for a batch of ${size} bytes`);
    }
    this.address = address;
    this.blockBytes = size;
  }

  /** The plugin's memory as it is now: it may have grown, which leaves old views without their bytes. */
  private view(): Buffer {
    const { buffer } = this.exports.memory;
    if (this.memory.buffer !== buffer) this.memory = Buffer.from(buffer);
    return this.memory;
  }

  /** Calls the plugin with so much fuel, and notes what it burnt. */
  private call<T>(fuel: number, purpose: string, call: () => T): T {
    this.fuel.value = BigInt(fuel);
    this.host.beginCall();
    try {
      return this.guard(call);
    } catch (error) {
      if (this.fuel.value < 0n) {
        throw new PluginError(`ran out of fuel: it has ${fuel} units ${purpose}`, { cause: error });
      }
      throw error;
    } finally {
      this.burnt = fuel - Number(this.fuel.value);
      this.host.endCall();
    }
  }

  /** What the plugin has its host keep is kept if all of `work` went well, and none of it if not. */
  private whole<T>(work: () => T): T {
    try {
      const result = work();
      this.host.commit();
      return result;
    } catch (error) {
      this.host.rollBack();
      throw error;
    }
  }

  private guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof PluginError) throw error;
      if (error instanceof RangeError) {
        throw new PluginError("trapped: its calls nest too deep, or it has no memory left", {
          cause: error,
        });
      }
      const message = error instanceof Error ? error.message : String(error);
      throw new PluginError(`trapped: ${message}`, { cause: error });
    }
  }
}
