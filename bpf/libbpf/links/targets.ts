import { existsSync, readdirSync } from "node:fs";
import { Btf } from "../btf/btf.js";
import { Kind } from "../btf/kinds.js";
import { didYouMean } from "../suggest.js";
import type { AttachKind } from "./kinds.js";

/** What to say if the kernel does not find what a program is to be attached to. */
export function missingTarget(kind: AttachKind, target: string): string | undefined {
  switch (kind) {
    case "tracepoint":
      return missingTracepoint(target);
    case "kprobe":
    case "kretprobe":
    case "fentry":
    case "fexit":
    case "fmod_ret":
      return hasName(Kind.FUNC, target)
        ? presentButRefused(kind)
        : `this kernel has no function "${target}"${nearName(target, Kind.FUNC, "")}`;
    case "ksyscall":
      return `no system call "${target}" whose entry function takes kprobes; or this kernel offers none`;
    case "lsm":
      return `this kernel has no security hook "${target}"${nearName(target, Kind.FUNC, "bpf_lsm_")}`;
    case "raw_tracepoint":
    case "tp_btf":
      return `this kernel has no tracepoint "${target}"${nearName(target, Kind.TYPEDEF, "btf_trace_")}`;
    case "iter":
      return `this kernel has no iterator "${target}"${nearName(target, Kind.FUNC, "bpf_iter_")}`;
    case "uprobe":
    case "uretprobe":
      return "no such file, or no such function in it";
    default:
      return undefined;
  }
}

function presentButRefused(kind: AttachKind): string {
  if (kind.startsWith("k") && !existsSync("/sys/bus/event_source/devices/kprobe")) {
    return `this kernel offers no ${kind} at all: it was built without CONFIG_KPROBE_EVENTS`;
  }
  return `the kernel has the function, but offers no ${kind} there`;
}

function missingTracepoint(target: string): string {
  const tracefs = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].find((path) =>
    existsSync(`${path}/events`),
  );
  if (!tracefs) return "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing";
  const [category = "", name = ""] = target.split("/");
  const categories = list(`${tracefs}/events`);
  const near = categories.includes(category)
    ? didYouMean(name, list(`${tracefs}/events/${category}`))
    : didYouMean(category, categories);
  return `this kernel has no such tracepoint${near}`;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

// Without kernel BTF there is nothing to compare with; then the error stands without a suggestion.

function hasName(kind: Kind, name: string): boolean {
  try {
    return Btf.kernel().find(name, kind) !== undefined;
  } catch {
    return false;
  }
}

function nearName(name: string, kind: Kind, prefix: string): string {
  try {
    const names = function* (): Generator<string> {
      for (const each of Btf.kernel().names(prefix, kind)) yield each.slice(prefix.length);
    };
    return didYouMean(name, names());
  } catch {
    return "";
  }
}
