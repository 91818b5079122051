/** The facts of the machine this runs on, each read when it is first asked for. */
import { readFileSync } from "node:fs";
import { BpfError, Btf, Kind, kernelInfo } from "../../../bpf/libbpf/index.js";
import { namespaceNames } from "../../events/model.js";
import { fixedHostNamespaces } from "../../source/hostNamespaces.js";
import { type FunctionFact, isUnknown, type KernelFacts, type Unknown } from "./facts.js";
import { readSymbols } from "./kallsyms.js";
import { syscallTable } from "./syscalls/table.js";
import { openTracefs } from "./tracefs.js";

export interface KernelFactsOptions {
  /** Inode numbers as the running kernel tells them; default: those that are the same everywhere. */
  readonly hostNamespaces?: readonly number[];
}

/**
 * Works without any privilege, and on machines without BTF: what may not be read is unknown, with
 * the reason.
 */
export function kernelFacts(options: KernelFactsOptions = {}): KernelFacts {
  const hostNamespaces = options.hostNamespaces ?? fixedHostNamespaces();
  const btf = once(readBtf);
  const symbols = once(() => readSymbols());
  const tracefs = once(() => openTracefs());
  const modules = new Map<string, Btf | undefined>();

  const moduleBtf = (name: string): Btf | undefined => {
    if (!modules.has(name)) modules.set(name, tryModule(name));
    return modules.get(name);
  };
  return {
    syscalls: syscallTable(kernelInfo().machine === "aarch64" ? "arm64" : "x64"),
    get btf() {
      return btf();
    },
    function(name): FunctionFact | undefined | Unknown {
      const kernel = btf();
      const own = isUnknown(kernel) ? undefined : kernel.function(name);
      if (own !== undefined && !isUnknown(kernel)) return { prototype: own, btf: kernel };
      const known = symbols();
      if (isUnknown(known)) return isUnknown(kernel) ? kernel : undefined;
      if (!known.has(name)) return undefined;
      const module = known.get(name);
      if (module === undefined) return {};
      const its = moduleBtf(module);
      const prototype = its?.function(name);
      return its && prototype ? { module, prototype, btf: its } : { module };
    },
    functionNames() {
      const kernel = btf();
      if (!isUnknown(kernel)) return kernel.names("", Kind.FUNC);
      const known = symbols();
      return isUnknown(known) ? [] : known.keys();
    },
    traceable() {
      const found = tracefs();
      return isUnknown(found) ? found : found.functions();
    },
    tracepoint(subsystem, event) {
      const found = tracefs();
      return isUnknown(found) ? found : found.tracepoint(subsystem, event);
    },
    tracepointNames(subsystem) {
      const found = tracefs();
      return isUnknown(found) ? [] : found.names(subsystem);
    },
    errorInjectable: once(readErrorInjectable),
    hostNamespace: (index) =>
      hostNamespaces[index] ||
      ({ unknown: `only a daemon knows the host's ${namespaceNames[index]} namespace` } as const),
  };
}

function once<Value>(read: () => Value): () => Value {
  let value: { readonly is: Value } | undefined;
  return () => {
    value ??= { is: read() };
    return value.is;
  };
}

function readBtf(): Btf | Unknown {
  try {
    return Btf.kernel();
  } catch (error) {
    if (error instanceof BpfError) return { unknown: error.message };
    throw error;
  }
}

function tryModule(name: string): Btf | undefined {
  try {
    return Btf.module(name);
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}

function readErrorInjectable(): ReadonlySet<string> | Unknown {
  const path = "/sys/kernel/debug/error_injection/list";
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return new Set(lines.map((line) => line.split(/\s/, 1)[0] ?? "").filter((name) => name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { unknown: `${path} cannot be read (${code}); it is in debugfs` };
  }
}
