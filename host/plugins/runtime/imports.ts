import { LOG_ERROR, LOG_INFO, LOG_WARNING } from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { KeyValues } from "./keyValues.js";
import { PluginError } from "./pluginError.js";
import { abortText, type Memory, read } from "./pluginMemory.js";

export type LogLevel = "info" | "warning" | "error";
export type LogSink = (level: LogLevel, line: string) => void;

const levels: Readonly<Record<number, LogLevel>> = {
  [LOG_INFO]: "info",
  [LOG_WARNING]: "warning",
  [LOG_ERROR]: "error",
};

const lenientUtf8 = new TextDecoder("utf-8");
/** Bytes that cost a unit of fuel when the host copies them. */
const BYTES_PER_FUEL = 8;

export interface HostOptions {
  readonly sink: LogSink;
  /** Default: a store of its own. */
  readonly keyValues?: KeyValues | undefined;
  /** Wall clock in ms since 1970; default: the machine's. */
  readonly nowMs?: (() => number) | undefined;
}

/**
 * The host side of a plugin's imports. Everything a plugin passes is a number that may be wrong: it is
 * checked against the memory, and bounded, before anything is read. (The loader of AssemblyScript does
 * neither, and cannot read the memory while the start function runs; so it is not used here.)
 */
export class HostFunctions {
  /** Set once the instance is there. */
  memory: Memory | undefined;
  fuel: WebAssembly.Global | undefined;
  /** Wall clock when the call at work began, ns since 1970. */
  nowNs = 0n;
  private readonly sink: LogSink;
  private readonly keyValues: KeyValues;
  private readonly nowMs: () => number;
  private calls = 0;
  /**
   * Lines of the call at work. They go to the sink when it is over: the plugin may have left next to no
   * stack, and code that is not made for that must not run then.
   */
  private lines: { readonly level: LogLevel; readonly line: string }[] = [];

  constructor(options: HostOptions) {
    this.sink = options.sink;
    this.keyValues = options.keyValues ?? new KeyValues();
    this.nowMs = options.nowMs ?? Date.now;
  }

  readonly imports: WebAssembly.Imports = {
    env: {
      abort: (message: number, file: number, line: number, column: number): never => {
        throw new PluginError(`aborted: ${abortText(this.memory, message, file, line, column)}`);
      },
    },
    guidestar: {
      log: (level: number, address: number, bytes: number): void => {
        this.log(level, address >>> 0, bytes >>> 0);
      },
      clock: () => this.nowNs,
      kv_get: (key: number, keyBytes: number, to: number, room: number) =>
        this.kvGet(this.key(key, keyBytes), to >>> 0, room >>> 0),
      kv_set: (key: number, keyBytes: number, value: number, bytes: number) =>
        this.kvSet(this.key(key, keyBytes), value >>> 0, bytes >>> 0),
      kv_delete: (key: number, keyBytes: number) =>
        this.keyValues.delete(this.key(key, keyBytes)) ? 0 : -1,
    },
  };

  /** Counting starts anew with each call of the plugin. */
  beginCall(): void {
    this.calls = 0;
    this.nowNs = BigInt(Math.round(this.nowMs() * 1000)) * 1000n;
  }

  commit(): void {
    this.keyValues.commit();
  }

  rollBack(): void {
    this.keyValues.rollBack();
  }

  /** The call is over. Hands its lines to the sink, and says how many were left out. */
  endCall(): void {
    if (this.calls === 0) return;
    const { lines } = this;
    this.lines = [];
    for (const { level, line } of lines) this.sink(level, line);
    const missing = this.calls - PLUGIN_LIMITS.logLinesPerCall;
    if (missing > 0) this.sink("warning", `${missing} more lines of this batch were left out`);
  }

  private log(level: number, address: number, bytes: number): void {
    const name = levels[level];
    if (name === undefined) throw new PluginError(`logged with the unknown level ${level}`);
    const text = read(this.memory, address, bytes, "logged");
    if (++this.calls > PLUGIN_LIMITS.logCallsPerCall) {
      throw new PluginError(`logged more than ${PLUGIN_LIMITS.logCallsPerCall} lines in one call`);
    }
    if (this.calls > PLUGIN_LIMITS.logLinesPerCall) return;
    const shown = Math.min(bytes, PLUGIN_LIMITS.logLineBytes);
    const line = lenientUtf8.decode(text.subarray(0, shown));
    const cut = shown < bytes ? `… (${bytes - shown} bytes more)` : "";
    this.lines.push({ level: name, line: line + cut });
  }

  /** Keys are bytes, kept as characters of one byte each. */
  private key(address: number, length: number): string {
    const bytes = length >>> 0;
    if (bytes === 0 || bytes > PLUGIN_LIMITS.kvKeyBytes) {
      throw new PluginError(
        `used a key of ${bytes} bytes, 1 to ${PLUGIN_LIMITS.kvKeyBytes} are allowed`,
      );
    }
    const { buffer, byteOffset } = read(this.memory, address >>> 0, bytes, "used a key of");
    return Buffer.from(buffer, byteOffset, bytes).toString("latin1");
  }

  /** Copies what has room, and returns how long the value is; -1 if there is none. */
  private kvGet(key: string, to: number, room: number): number {
    const target = read(this.memory, to, room, "asked for a value of");
    const value = this.keyValues.get(key);
    if (!value) return -1;
    const copied = Math.min(value.length, room);
    this.charge(copied);
    target.set(value.subarray(0, copied));
    return value.length;
  }

  /** 0, or -1 if there is no more room. */
  private kvSet(key: string, from: number, bytes: number): number {
    if (bytes > PLUGIN_LIMITS.kvValueBytes) {
      throw new PluginError(
        `set a value of ${bytes} bytes, ${PLUGIN_LIMITS.kvValueBytes} are allowed`,
      );
    }
    this.charge(bytes);
    return this.keyValues.set(key, read(this.memory, from, bytes, "set a value of").slice())
      ? 0
      : -1;
  }

  /** What the host does for the plugin costs fuel as well. */
  private charge(bytes: number): void {
    const { fuel } = this;
    if (!fuel) return;
    fuel.value -= BigInt(Math.ceil(bytes / BYTES_PER_FUEL));
    if (fuel.value < 0n) throw new PluginError("ran out of fuel");
  }
}
