import { ABI_VERSION, ALIGNMENT, BATCH_OUTPUT_USED } from "../../../plugins/sdk/abi.js";
import { fuelFor, PLUGIN_LIMITS } from "../limits.js";
import { PrivateExport } from "../wasm/rewrite.js";
import { HostFunctions, type LogSink } from "./imports.js";
import { type Judgement, OutputReader } from "./output.js";
import type { BatchParts, Packer } from "./packer.js";
import { PluginError } from "./pluginError.js";

interface PluginExports {
  readonly memory: WebAssembly.Memory;
  readonly gs_abi: () => number;
  readonly gs_allocate: (bytes: number) => number;
  readonly gs_process_batch: (address: number) => number;
  readonly [PrivateExport.fuel]: WebAssembly.Global;
  readonly [PrivateExport.start]?: () => void;
}

/** The least the host asks room for, so that small batches do not ask again and again. */
const SMALLEST_BLOCK = 64 * 1024;

/**
 * A running plugin. The module was checked and rewritten by `prepare`. Whatever it does wrong comes out
 * as a `PluginError`; after one the instance is in no known state and must be thrown away.
 */
export class PluginInstance {
  private readonly host: HostFunctions;
  private readonly exports: PluginExports;
  private readonly fuel: WebAssembly.Global;
  private address = 0;
  private blockBytes = 0;
  private memory = Buffer.alloc(0);
  private readonly output = new OutputReader();
  /** Fuel that the last call burnt. */
  burnt = 0;

  /** Instantiates the module and runs its start function. */
  constructor(module: WebAssembly.Module, sink: LogSink) {
    this.host = new HostFunctions(sink);
    const instance = this.guard(() => new WebAssembly.Instance(module, this.host.imports));
    this.exports = instance.exports as unknown as PluginExports;
    this.host.memory = this.exports.memory;
    this.fuel = this.exports[PrivateExport.fuel];
    const start = this.exports[PrivateExport.start];
    const abi = this.call(PLUGIN_LIMITS.startFuel, "to start", () => {
      start?.();
      return this.exports.gs_abi();
    });
    if (abi !== ABI_VERSION) {
      throw new PluginError(
        `was built for version ${abi} of the ABI, this host has ${ABI_VERSION}`,
      );
    }
  }

  /** Has the plugin judge the packed events that `selected` names. */
  judge(packer: Packer, selected: Uint32Array, count: number): Judgement {
    const parts = packer.partsFor(count);
    this.makeRoom(parts.bytes);
    packer.write(this.view(), this.address, parts, selected);
    const result = this.call(fuelFor(count), `for ${count} events`, () =>
      this.exports.gs_process_batch(this.address),
    );
    if (result !== 0) throw new PluginError(`returned ${result} from gs_process_batch, not 0`);
    return this.read(parts);
  }

  private read(parts: BatchParts): Judgement {
    const memory = this.view();
    const used = memory.readUInt32LE(this.address + BATCH_OUTPUT_USED);
    return this.output.read(memory, this.address, parts, used);
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
