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
  const value = arg?.int_arg ?? arg?.long_arg?.value ?? arg?.size_arg;
  return value == null ? "" : String(value);
}

/** What says most of a call of which nothing else is known: the first path, address or text. */
export function firstOf(args: Arguments): string {
  for (const [index, arg] of args.entries()) {
    if (arg.file_arg ?? arg.path_arg ?? arg.string_arg) return wordAt(args, index);
    if (arg.sock_arg) return connection(args);
    if (arg.sockaddr_arg) return endpoint(arg.sockaddr_arg.address, arg.sockaddr_arg.port);
    const named =
      arg.bpf_attr_arg ??
      arg.bpf_prog_arg ??
      arg.bpf_map_arg ??
      arg.module_arg ??
      arg.perf_event_arg;
    if (named) return printable(named.name ?? "");
    if (arg.capability_arg) return printable(arg.capability_arg.name ?? "");
  }
  return "";
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
