import { LOG_ERROR, LOG_INFO, LOG_WARNING } from "../../../plugins/sdk/abi.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { PluginError } from "./pluginError.js";

export type LogLevel = "info" | "warning" | "error";
export type LogSink = (level: LogLevel, line: string) => void;

/** Everything that plugins may import; all are functions. */
export const allowedImports: ReadonlySet<string> = new Set(["guidestar.log", "env.abort"]);

const levels: Readonly<Record<number, LogLevel>> = {
  [LOG_INFO]: "info",
  [LOG_WARNING]: "warning",
  [LOG_ERROR]: "error",
};

const lenientUtf8 = new TextDecoder("utf-8");
const utf16 = new TextDecoder("utf-16le");
const LONGEST_ABORT_TEXT = 500;

/**
 * The host side of a plugin's imports. Everything a plugin passes is a number that may be wrong: it is
 * checked against the memory, and bounded, before anything is read. (The loader of AssemblyScript does
 * neither, and cannot read the memory while the start function runs; so it is not used here.)
 */
export class HostFunctions {
  /** Set once the instance is there. */
  memory: WebAssembly.Memory | undefined;
  private calls = 0;
  /**
   * Lines of the call at work. They go to the sink when it is over: the plugin may have left next to no
   * stack, and code that is not made for that must not run then.
   */
  private lines: { readonly level: LogLevel; readonly line: string }[] = [];

  constructor(private readonly sink: LogSink) {}

  readonly imports: WebAssembly.Imports = {
    env: {
      abort: (message: number, file: number, line: number, column: number): never => {
        const place = `${this.string(file)}:${line >>> 0}:${column >>> 0}`;
        throw new PluginError(`aborted: ${this.string(message)} (${place})`);
      },
    },
    guidestar: {
      log: (level: number, address: number, bytes: number): void => {
        this.log(level, address >>> 0, bytes >>> 0);
      },
    },
  };

  /** Counting starts anew with each call of the plugin. */
  beginCall(): void {
    this.calls = 0;
  }

  /** Hands the lines of the call to the sink, and says how many were left out. */
  endCall(): void {
    const { lines } = this;
    this.lines = [];
    for (const { level, line } of lines) this.sink(level, line);
    const missing = this.calls - PLUGIN_LIMITS.logLinesPerCall;
    if (missing > 0) this.sink("warning", `${missing} more lines of this batch were left out`);
  }

  private log(level: number, address: number, bytes: number): void {
    const name = levels[level];
    if (name === undefined) throw new PluginError(`logged with the unknown level ${level}`);
    const memory = this.memory?.buffer;
    if (memory === undefined || address + bytes > memory.byteLength) {
      throw new PluginError(`logged ${bytes} bytes at ${address}, outside of its memory`);
    }
    if (++this.calls > PLUGIN_LIMITS.logCallsPerCall) {
      throw new PluginError(`logged more than ${PLUGIN_LIMITS.logCallsPerCall} lines in one call`);
    }
    if (this.calls > PLUGIN_LIMITS.logLinesPerCall) return;
    const shown = Math.min(bytes, PLUGIN_LIMITS.logLineBytes);
    const line = lenientUtf8.decode(new Uint8Array(memory, address, shown));
    const cut = shown < bytes ? `… (${bytes - shown} bytes more)` : "";
    this.lines.push({ level: name, line: line + cut });
  }

  /** An AssemblyScript string: UTF-16, its length in bytes right before it. */
  private string(address: number): string {
    const memory = this.memory?.buffer;
    const at = address >>> 0;
    if (at === 0) return "no message";
    if (memory === undefined || at < 4 || at > memory.byteLength) return "(unreadable)";
    const bytes = new DataView(memory).getUint32(at - 4, true);
    const shown = Math.min(bytes, LONGEST_ABORT_TEXT * 2) & ~1;
    if (at + shown > memory.byteLength) return "(unreadable)";
    const text = utf16.decode(new Uint8Array(memory, at, shown));
    return shown < bytes - 1 ? `${text}…` : text;
  }
}
