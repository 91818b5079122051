import { extismFuelFor, type PluginBudget } from "../budget.js";
import { PLUGIN_LIMITS } from "../limits.js";
import type { Instance, InstanceOptions } from "../runtime/instance.js";
import type { Packer } from "../runtime/packer.js";
import { PluginError } from "../runtime/pluginError.js";
import type { HeldNumbers, Judgement } from "../runtime/records.js";
import { PrivateExport } from "../wasm/rewrite.js";
import { readAnswer } from "./answer.js";
import { EventJson } from "./eventJson.js";
import { ExtismHost } from "./hostFunctions.js";
import { encodeBatch, parseAnswer } from "./protobuf.js";

interface ExtismExports {
  readonly memory?: WebAssembly.Memory;
  /** One of the two. */
  readonly guidestar_batch?: () => number;
  readonly guidestar_batch_protobuf?: () => number;
  /** Both, or neither. */
  readonly guidestar_save?: () => number;
  readonly guidestar_load?: () => number;
  readonly [PrivateExport.fuel]: WebAssembly.Global;
  readonly [PrivateExport.start]?: () => void;
}

const noInput = Buffer.alloc(0);
const holdsNothing: HeldNumbers = { has: () => false };

/**
 * A running plugin of the Extism ABI. The host implements that ABI itself: fuel, memory and blocks are
 * bounded as for any other plugin, and nothing outlives a call. Input: a line of JSON about the batch,
 * then each event on a line; output: a JSON object (`answer.ts`). Or both in protobuf (`protobuf.ts`).
 */
export class ExtismInstance implements Instance {
  burnt = 0;
  private readonly host: ExtismHost;
  private readonly exports: ExtismExports;
  private readonly fuel: WebAssembly.Global;
  private readonly budget: PluginBudget | undefined;
  private readonly writers = new WeakMap<Packer, EventJson>();

  constructor(module: WebAssembly.Module, options: InstanceOptions) {
    this.host = new ExtismHost(options);
    this.budget = options.budget;
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
    const purpose = `for ${count} events`;
    if (this.isProtobuf) {
      const events: Uint8Array[] = [];
      for (let n = 0; n < count; n++) {
        events.push(Buffer.from(this.json(packer).bytes(packer.event(selected[n] as number))));
      }
      return this.batch(encodeBatch({ events }), purpose, count, held);
    }
    const lines: string[] = [];
    for (let n = 0; n < count; n++) {
      lines.push(this.json(packer).text(packer.event(selected[n] as number)));
    }
    return this.batch(jsonInput({ events: count }, lines), purpose, count, held);
  }

  private json(packer: Packer): EventJson {
    const known = this.writers.get(packer) ?? new EventJson(packer.encoder);
    this.writers.set(packer, known);
    return known;
  }

  tick(_: Packer, isLast: boolean, held = holdsNothing): Judgement {
    const input = this.isProtobuf
      ? encodeBatch({ tick: true, last: isLast })
      : jsonInput({ events: 0, tick: true, last: isLast }, []);
    return this.batch(input, "for a tick", 0, held);
  }

  /** The settings become configuration: each under its name, and all of them as `settings`. */
  configure(json: string): void {
    const config = new Map([["settings", json]]);
    for (const [name, value] of Object.entries(JSON.parse(json) as Record<string, unknown>)) {
      config.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    this.host.config = config;
  }

  get canHandOver(): boolean {
    return this.exports.guidestar_save !== undefined && this.exports.guidestar_load !== undefined;
  }

  /** What the plugin gives back as its state: a copy. */
  saveState(): Uint8Array {
    const { guidestar_save } = this.exports;
    if (!guidestar_save) throw new PluginError("has no state to save");
    return this.whole(() => {
      this.run(PLUGIN_LIMITS.stateFuel, "to save its state", noInput, guidestar_save);
      const { answer } = this.host;
      if (answer.length > PLUGIN_LIMITS.stateBytes) {
        throw new PluginError(
          `has a state of ${answer.length} bytes, ${PLUGIN_LIMITS.stateBytes} are allowed`,
        );
      }
      return new Uint8Array(answer);
    });
  }

  /** The state is its input. */
  loadState(state: Uint8Array): void {
    const { guidestar_load } = this.exports;
    if (!guidestar_load) throw new PluginError("cannot load a state");
    const input = Buffer.from(state);
    this.whole(() => this.run(PLUGIN_LIMITS.stateFuel, "to load a state", input, guidestar_load));
  }

  private batch(
    input: Buffer<ArrayBuffer>,
    purpose: string,
    count: number,
    held: HeldNumbers,
  ): Judgement {
    const { guidestar_batch, guidestar_batch_protobuf } = this.exports;
    const call = guidestar_batch_protobuf ?? guidestar_batch ?? noEntry;
    const fuel = extismFuelFor(input.length, this.budget);
    return this.whole(() => {
      this.run(fuel, purpose, input, call);
      return readAnswer(this.host.answer, count, held, this.isProtobuf ? parseAnswer : undefined);
    });
  }

  private get isProtobuf(): boolean {
    return this.exports.guidestar_batch_protobuf !== undefined;
  }

  /** @throws PluginError also if the plugin says that something went wrong */
  private run(fuel: number, purpose: string, input: Buffer<ArrayBuffer>, call: () => number): void {
    const result = this.call(fuel, purpose, input, call);
    if (result === 0) return;
    throw new PluginError(`failed: ${this.host.errorText || `it returned ${result}`}`);
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

function jsonInput(about: object, lines: readonly string[]): Buffer<ArrayBuffer> {
  return Buffer.from(`${[JSON.stringify({ batch: about }), ...lines].join("\n")}\n`);
}

function noEntry(): never {
  throw new PluginError("exports nothing to be called by");
}
