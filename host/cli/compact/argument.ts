/** Reads the arguments of a hook for display; "" where there is nothing of that kind. */
import type { fgs } from "../../../proto/generated/api.js";
import { printable, printableWord } from "../text/printable.js";

export type Arguments = readonly fgs.KprobeArgument.$Properties[];

/** The path of a file or path argument, a string, or `fd N` where only the number is known. */
export function fileAt(args: Arguments, index: number): string {
  const arg = args[index];
  const path = arg?.file_arg?.path ?? arg?.path_arg?.path ?? arg?.string_arg;
  if (path != null) return printable(path);
  return arg?.int_arg != null ? `fd ${arg.int_arg}` : "";
}

/** A string or path as one word. */
export function wordAt(args: Arguments, index: number): string {
  const arg = args[index];
  const text = arg?.string_arg ?? arg?.path_arg?.path ?? arg?.file_arg?.path;
  return text ? printableWord(text) : "";
}

export function integerAt(args: Arguments, index: number): string {
  const arg = args[index];
  const value = arg?.int_arg ?? arg?.size_arg;
  return value == null ? "" : String(value);
}

/** `saddr:sport -> daddr:dport` of the first socket among the arguments. */
export function connection(args: Arguments): string {
  const sock = args.find((arg) => arg.sock_arg != null)?.sock_arg;
  if (!sock) return "";
  return `${endpoint(sock.saddr, sock.sport)} -> ${endpoint(sock.daddr, sock.dport)}`;
}

function endpoint(address: string | null | undefined, port: number | null | undefined): string {
  const host = printable(address ?? "");
  return `${host.includes(":") ? `[${host}]` : host}:${port ?? 0}`;
}
