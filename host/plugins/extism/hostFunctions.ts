import { PLUGIN_LIMITS } from "../limits.js";
import type { HostOptions, LogLevel } from "../runtime/imports.js";
import { KeyValues } from "../runtime/keyValues.js";
import { PluginError } from "../runtime/pluginError.js";
import { abortText, type Memory } from "../runtime/pluginMemory.js";
import type { FunctionType } from "../wasm/module.js";
import { ValueType } from "../wasm/opcodes.js";
import { Arena } from "./arena.js";

const { i32, i64 } = ValueType;
const of = (parameters: readonly number[], ...results: number[]): FunctionType => ({
  parameters,
  results,
});

/** Everything that Extism plugins may import of `extism:host/env`. */
export const extismImports: Readonly<Record<string, FunctionType>> = {
  input_length: of([], i64),
  input_offset: of([], i64),
  input_load_u8: of([i64], i32),
  input_load_u64: of([i64], i64),
  output_set: of([i64, i64]),
  error_set: of([i64]),
  alloc: of([i64], i64),
  free: of([i64]),
  length: of([i64], i64),
  length_unsafe: of([i64], i64),
  load_u8: of([i64], i32),
  load_u64: of([i64], i64),
  store_u8: of([i64, i32]),
  store_u64: of([i64, i64]),
  config_get: of([i64], i64),
  var_get: of([i64], i64),
  var_set: of([i64, i64]),
  get_log_level: of([], i32),
  log_trace: of([i64]),
  log_debug: of([i64]),
  log_info: of([i64]),
  log_warn: of([i64]),
  log_error: of([i64]),
};

/** The host side of the Extism ABI, for one instance. Offsets come from the plugin: all are checked. */
export class ExtismHost {
  /** For the texts of `env.abort`; a module need not export its memory. */
  memory: Memory | undefined;
  config: ReadonlyMap<string, string> = new Map();
  readonly arena = new Arena();
  nowNs = 0n;
  private input = Buffer.alloc(0);
  private inputOffset = 0;
  private output: Buffer<ArrayBuffer> | undefined;
  private error = "";
  private logCalls = 0;
  private lines: { readonly level: LogLevel; readonly line: string }[] = [];
  private readonly keyValues: KeyValues;

  constructor(private readonly options: HostOptions) {
    this.keyValues = options.keyValues ?? new KeyValues();
  }

  beginCall(input: Buffer<ArrayBuffer>): void {
    this.arena.reset();
    this.input = input;
    this.inputOffset = this.arena.put(input);
    this.output = undefined;
    this.error = "";
    this.logCalls = 0;
    this.nowNs = BigInt(Math.round((this.options.nowMs ?? Date.now)() * 1000)) * 1000n;
  }

  /** What the plugin gave back; good until the next call. */
  get answer(): Buffer {
    return this.output ?? Buffer.alloc(0);
  }

  get errorText(): string {
    return this.error;
  }

  commit(): void {
    this.keyValues.commit();
  }

  rollBack(): void {
    this.keyValues.rollBack();
  }

  endCall(): void {
    const { lines } = this;
    this.lines = [];
    for (const { level, line } of lines) this.options.sink(level, line);
    const missing = this.logCalls - PLUGIN_LIMITS.logLinesPerCall;
    if (missing > 0)
      this.options.sink("warning", `${missing} more lines of this batch were left out`);
  }

  /** The functions, by the names of `extismImports`. */
  get imports(): WebAssembly.Imports {
    const { arena } = this;
    const at = (offset: unknown) => Number(BigInt.asUintN(64, offset as bigint));
    const log = (level: LogLevel) => (offset: unknown) => this.log(level, arena.block(at(offset)));
    const functions: Record<string, (...args: never[]) => unknown> = {
      input_length: () => BigInt(this.input.length),
      input_offset: () => BigInt(this.inputOffset),
      input_load_u8: (o: unknown) => arena.view(this.inputOffset + at(o), 1).readUInt8(0),
      input_load_u64: (o: unknown) => arena.view(this.inputOffset + at(o), 8).readBigUInt64LE(0),
      output_set: (o: unknown, length: unknown) => this.setOutput(at(o), at(length)),
      error_set: (o: unknown) => {
        this.error = text(arena.block(at(o)).subarray(0, 1000));
      },
      alloc: (length: unknown) => BigInt(arena.allocate(at(length))),
      free: (o: unknown) => arena.free(at(o)),
      length: (o: unknown) => BigInt(arena.length(at(o))),
      length_unsafe: (o: unknown) => BigInt(arena.length(at(o))),
      load_u8: (o: unknown) => arena.view(at(o), 1).readUInt8(0),
      load_u64: (o: unknown) => arena.view(at(o), 8).readBigUInt64LE(0),
      store_u8: (o: unknown, value: number) =>
        void arena.view(at(o), 1).writeUInt8(value & 0xff, 0),
      store_u64: (o: unknown, value: unknown) =>
        void arena.view(at(o), 8).writeBigUInt64LE(BigInt.asUintN(64, value as bigint), 0),
      config_get: (o: unknown) => this.give(this.configured(text(arena.block(at(o))))),
      var_get: (o: unknown) => this.give(this.keyValues.get(this.key(at(o)))),
      var_set: (o: unknown, value: unknown) => this.setVariable(this.key(at(o)), at(value)),
      get_log_level: () => 2,
      log_trace: () => {},
      log_debug: () => {},
      log_info: log("info"),
      log_warn: log("warning"),
      log_error: log("error"),
    };
    const abort = (message: number, file: number, line: number, column: number): never => {
      throw new PluginError(`aborted: ${abortText(this.memory, message, file, line, column)}`);
    };
    return {
      "extism:host/env": functions as WebAssembly.Imports[string],
      env: { abort },
    };
  }

  private setOutput(offset: number, length: number): void {
    if (length > PLUGIN_LIMITS.extismOutputBytes) {
      throw new PluginError(
        `gave ${length} bytes of output, ${PLUGIN_LIMITS.extismOutputBytes} are allowed`,
      );
    }
    this.output = Buffer.from(this.arena.view(offset, length));
  }

  private configured(name: string): Uint8Array | undefined {
    const value = name === "now_ns" ? String(this.nowNs) : this.config.get(name);
    return value === undefined ? undefined : Buffer.from(value);
  }

  private give(value: Uint8Array | undefined): bigint {
    return value === undefined ? 0n : BigInt(this.arena.put(value));
  }

  private key(offset: number): string {
    const key = this.arena.block(offset);
    if (key.length === 0 || key.length > PLUGIN_LIMITS.kvKeyBytes) {
      throw new PluginError(
        `used a key of ${key.length} bytes, 1 to ${PLUGIN_LIMITS.kvKeyBytes} are allowed`,
      );
    }
    return key.toString("latin1");
  }

  private setVariable(key: string, offset: number): void {
    if (offset === 0) {
      this.keyValues.delete(key);
      return;
    }
    const value = this.arena.block(offset);
    if (value.length > PLUGIN_LIMITS.kvValueBytes) {
      throw new PluginError(
        `set a value of ${value.length} bytes, ${PLUGIN_LIMITS.kvValueBytes} are allowed`,
      );
    }
    if (!this.keyValues.set(key, Uint8Array.prototype.slice.call(value))) {
      throw new PluginError("set a variable, and there is no more room for any");
    }
  }

  private log(level: LogLevel, line: Buffer): void {
    if (++this.logCalls > PLUGIN_LIMITS.logCallsPerCall) {
      throw new PluginError(`logged more than ${PLUGIN_LIMITS.logCallsPerCall} lines in one call`);
    }
    if (this.logCalls > PLUGIN_LIMITS.logLinesPerCall) return;
    const shown = Math.min(line.length, PLUGIN_LIMITS.logLineBytes);
    const cut = shown < line.length ? `… (${line.length - shown} bytes more)` : "";
    this.lines.push({ level, line: text(line.subarray(0, shown)) + cut });
  }
}

function text(bytes: Buffer): string {
  return bytes.toString("utf8");
}
