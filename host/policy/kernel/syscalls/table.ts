/** Numbers of system calls. The kernel publishes them nowhere at run time. */
import { arm64 } from "./arm64.js";
import { x64 } from "./x64.js";

export type Architecture = "x64" | "arm64";

export interface SyscallTable {
  readonly architecture: Architecture;
  /** `__x64_sys_`: what the kernel's function is called before the name. */
  readonly prefix: string;
  /** By name without any prefix, as the manual has it and as the kernel's function is called. */
  readonly numbers: ReadonlyMap<string, number>;
  /** `newuname` for `uname`: the kernel's function, whichever of its names is given. */
  functionOf(name: string): string;
}

export function syscallTable(architecture: Architecture): SyscallTable {
  return architecture === "x64" ? tables.x64 : tables.arm64;
}

function table(
  architecture: Architecture,
  runs: readonly (readonly [number, string])[],
): SyscallTable {
  const numbers = new Map(
    runs.flatMap(([first, names]) =>
      names.split(/\s+/).map((name, index) => [name, first + index] as const),
    ),
  );
  const renamed = { ...renamedEverywhere, ...(architecture === "arm64" ? renamedOnArm : {}) };
  for (const [name, called] of Object.entries(renamed)) {
    const number = numbers.get(name);
    if (number !== undefined && !numbers.has(called)) numbers.set(called, number);
  }
  return {
    architecture,
    prefix: `__${architecture}_sys_`,
    numbers,
    functionOf: (name) => renamed[name] ?? name,
  };
}

/** Where the kernel's function has another name than the call. */
const renamedEverywhere: Readonly<Record<string, string>> = {
  stat: "newstat",
  fstat: "newfstat",
  lstat: "newlstat",
  uname: "newuname",
  umount2: "umount",
  sendfile: "sendfile64",
};
const renamedOnArm: Readonly<Record<string, string>> = {
  fstatat: "newfstatat",
  fadvise64: "fadvise64_64",
};

const tables = { x64: table("x64", x64), arm64: table("arm64", arm64) };

/** Prefixes under which policies name system calls, other machines' too. */
const prefixes = ["__x64_sys_", "__arm64_sys_", "__ia32_sys_", "__se_sys_", "sys_"] as const;

/** `write` of `__x64_sys_write` and `sys_write`; undefined if it has no such prefix. */
export function withoutPrefix(name: string): string | undefined {
  const prefix = prefixes.find((each) => name.startsWith(each));
  return prefix === undefined ? undefined : name.slice(prefix.length);
}
