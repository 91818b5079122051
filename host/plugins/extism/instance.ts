import { fuelFor, PLUGIN_LIMITS } from "../limits.js";
import type { Instance, InstanceOptions } from "../runtime/instance.js";
import type { Packer } from "../runtime/packer.js";
import { PluginError } from "../runtime/pluginError.js";
import type { HeldNumbers, Judgement } from "../runtime/records.js";
import { PrivateExport } from "../wasm/rewrite.js";
import { readAnswer } from "./answer.js";
import { ExtismHost } from "./hostFunctions.js";

interface ExtismExports {
  readonly memory?: WebAssembly.Memory;
  readonly guidestar_batch: () => number;
  readonly [PrivateExport.fuel]: WebAssembly.Global;
  readonly [PrivateExport.start]?: () => void;
}

const holdsNothing: HeldNumbers = { has: () => false };

/**
 * A running plugin of the Extism ABI. The host implements that ABI itself: fuel, memory and blocks are
 * bounded as for any other plugin, and nothing outlives a call. Input: a line of JSON about the batch,
 * then each event on a line; output: a JSON object (`answer.ts`).
 */
export class ExtismInstance implements Instance {
  burnt = 0;
  readonly canHandOver = false;
  private readonly host: ExtismHost;
  private readonly exports: ExtismExports;
  private readonly fuel: WebAssembly.Global;
  constructor(module: WebAssembly.Module, options: InstanceOptions) {
    this.host = new ExtismHost(options);
    const instance = this.guard(() => new WebAssembly.Instance(module, this.host.imports));
    this.exports = instance.exports as unknown as ExtismExports;
    this.host.memory = this.exports.memory;
    this.fuel = this.exports[PrivateExport.fuel];
    if (options.settings) this.configure(options.settings);
    this.call(PLUGIN_LIMITS.startFuel, "to start", Buffer.alloc(0), () => {
      this.exports[PrivateExport.start]?.();
      return 0;
    });
  }

  judge(packer: Packer, selected: Uint32Array, count: number, held = holdsNothing): Judgement {
    const lines: string[] = [];
    for (let n = 0; n < count; n++) {
      lines.push(packer.eventJson(selected[n] as number));
    }
    return this.batch(lines, `for ${count} events`, { events: count }, held);
  }

  tick(_: Packer, isLast: boolean, held = holdsNothing): Judgement {
    return this.batch([], "for a tick", { events: 0, tick: true, last: isLast }, held);
  }

  /** The settings become configuration: each under its name, and all of them as `settings`. */
  configure(json: string): void {
    const config = new Map([["settings", json]]);
    for (const [name, value] of Object.entries(JSON.parse(json) as Record<string, unknown>)) {
      config.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    this.host.config = config;
  }

  saveState(): Uint8Array {
    throw new PluginError("has no state to save: what it keeps is in its variables");
  }

  loadState(): void {
    throw new PluginError("cannot load a state");
  }

  private batch(
    lines: readonly string[],
    purpose: string,
    about: object,
    held: HeldNumbers,
  ): Judgement {
    const input = Buffer.from(`${[JSON.stringify({ batch: about }), ...lines].join("\n")}\n`);
    const fuel = fuelFor(0) + PLUGIN_LIMITS.extismFuelPerByte * input.length;
    try {
      const result = this.call(fuel, purpose, input, () => this.exports.guidestar_batch());
      if (result !== 0) {
        const why = this.host.errorText || `it returned ${result}`;
        throw new PluginError(`failed: ${why}`);
      }
      const judgement = readAnswer(this.host.answer, lines.length, held);
      this.host.commit();
      return judgement;
    } catch (error) {
      this.host.rollBack();
      throw error;
    }
  }

  private call(
    fuel: number,
    purpose: string,
    input: Buffer<ArrayBuffer>,
    call: () => number,
  ): number {
    this.fuel.value = BigInt(fuel);
    this.host.beginCall(input);
    try {
      return this.guard(call);
    } catch (error) {
      if (this.fuel.value >= 0n) throw error;
      throw new PluginError(`ran out of fuel: it has ${fuel} units ${purpose}`, { cause: error });
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
