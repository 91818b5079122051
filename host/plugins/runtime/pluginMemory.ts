import { PluginError } from "./pluginError.js";

/** Reading what a plugin points to: every address may be wrong. */

export type Memory = WebAssembly.Memory;

const utf16 = new TextDecoder("utf-16le");
const LONGEST_ABORT_TEXT = 500;

/** `bytes` of the memory at `address`. `did`: what the plugin did with them, for the error. */
export function read(
  memory: Memory | undefined,
  address: number,
  bytes: number,
  did: string,
): Uint8Array {
  const buffer = memory?.buffer;
  if (buffer === undefined || address + bytes > buffer.byteLength) {
    throw new PluginError(`${did} ${bytes} bytes at ${address}, outside of its memory`);
  }
  return new Uint8Array(buffer, address, bytes);
}

/** `MESSAGE (FILE:LINE:COLUMN)` of a call of `env.abort`. */
export function abortText(
  memory: Memory | undefined,
  message: number,
  file: number,
  line: number,
  column: number,
): string {
  const place = `${string(memory, file)}:${line >>> 0}:${column >>> 0}`;
  return `${string(memory, message)} (${place})`;
}

/** An AssemblyScript string: UTF-16, its length in bytes right before it. */
function string(memory: Memory | undefined, address: number): string {
  const buffer = memory?.buffer;
  const at = address >>> 0;
  if (at === 0) return "no message";
  if (buffer === undefined || at < 4 || at > buffer.byteLength) return "(unreadable)";
  const bytes = new DataView(buffer).getUint32(at - 4, true);
  const shown = Math.min(bytes, LONGEST_ABORT_TEXT * 2) & ~1;
  if (at + shown > buffer.byteLength) return "(unreadable)";
  const text = utf16.decode(new Uint8Array(buffer, at, shown));
  return shown < bytes - 1 ? `${text}…` : text;
}
