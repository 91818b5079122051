import koffi from "koffi";
import { exclusively } from "./gate.js";
import type { Pointer } from "./lazy.js";
import { libbpf } from "./libbpf.js";
import { libc } from "./libc.js";

/** What a native call returned, the errno it left and what libbpf said meanwhile. */
export interface Outcome<T> {
  readonly value: T;
  readonly errno: number;
  /** Warnings, one line an entry, without libbpf's own prefix. */
  readonly messages: readonly string[];
}

/**
 * Calls into libbpf and keeps what it prints. Every call that can print goes through here.
 * `call` makes its native call last, so that errno is that call's.
 */
export function withMessages<T>(call: () => T): Outcome<T> {
  return exclusively(() => {
    const lines: string[] = [];
    lines_ = lines;
    libbpf.libbpf_set_print(printer());
    try {
      const value = call();
      return { value, errno: koffi.errno(), messages: lines };
    } finally {
      libbpf.libbpf_set_print(null);
      lines_ = undefined;
    }
  });
}

let lines_: string[] | undefined;
let registered: Pointer | undefined;
const text = Buffer.alloc(16 * 1024);
const LEVEL_WARN = 0;

function printer(): Pointer {
  registered ??= koffi.register(
    (level: number, format: Pointer, args: Pointer): number => {
      // Formatting costs; what libbpf says on the levels below is about its own working.
      if (level !== LEVEL_WARN || !lines_) return 0;
      const length = libc.vsnprintf(text, text.length, format, args);
      const said = text.toString("utf8", 0, Math.min(Math.max(length, 0), text.length - 1));
      for (const line of said.split("\n")) {
        if (line.trim()) lines_.push(line.replace(/^libbpf: /, "").trimEnd());
      }
      return 0;
    },
    koffi.pointer(koffi.proto("int", ["int", "void *", "void *"])),
  );
  return registered;
}
