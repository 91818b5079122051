/** What the machine must offer before anything is loaded; each lack is one sentence that says what to do. */
import { existsSync, readlinkSync } from "node:fs";
import {
  BpfError,
  effectiveCapabilities,
  kernelInfo,
  libbpfVersion,
} from "../../bpf/libbpf/index.js";
import { type ErrorCode, GuidestarError } from "../errors.js";

export interface Lack {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly cause?: unknown;
}

/** Throws the first lack as a `GuidestarError`. */
export function checkRequirements(): void {
  const [first] = findLacks();
  if (first !== undefined)
    throw new GuidestarError(first.code, first.sentence, { cause: first.cause });
}

/** Everything that is missing, most telling first. */
export function findLacks(): Lack[] {
  return [kernelAge(), libbpf(), privileges(), btf(), pidNamespace(), timeNamespace()].filter(
    (lack) => lack !== undefined,
  );
}

const oldestKernel = [5, 8] as const;

function kernelAge(): Lack | undefined {
  const { release, version } = kernelInfo();
  const [major, minor] = version;
  const [oldestMajor, oldestMinor] = oldestKernel;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return {
    code: "FAILED_PRECONDITION",
    sentence: `This kernel is ${release}; live events need Linux ${oldestMajor}.${oldestMinor} or later.`,
  };
}

function libbpf(): Lack | undefined {
  try {
    libbpfVersion();
    return undefined;
  } catch (cause) {
    return { code: "FAILED_PRECONDITION", sentence: sentence(cause), cause };
  }
}

function privileges(): Lack | undefined {
  const held = effectiveCapabilities();
  const enough = held.includes("CAP_BPF") && held.includes("CAP_PERFMON");
  if (enough || held.includes("CAP_SYS_ADMIN")) return undefined;
  return {
    code: "PERMISSION_DENIED",
    sentence:
      "Live events need the capabilities CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN: run as root (sudo), outside a container that takes them away.",
  };
}

function btf(): Lack | undefined {
  if (existsSync("/sys/kernel/btf/vmlinux")) return undefined;
  return {
    code: "FAILED_PRECONDITION",
    sentence:
      "This kernel tells nothing of its types (no /sys/kernel/btf/vmlinux): use one built with CONFIG_DEBUG_INFO_BTF=y, as the distributions' are.",
  };
}

/** Inode numbers of the initial namespaces are the same on every kernel. */
const initialPidNamespace = "pid:[4026531836]";
const initialTimeNamespace = "time:[4026531834]";

function pidNamespace(): Lack | undefined {
  if (readlinkSync("/proc/self/ns/pid") === initialPidNamespace) return undefined;
  return {
    code: "FAILED_PRECONDITION",
    sentence:
      "guidestar runs in a pid namespace of its own, where processes have other numbers than in the kernel's events: run it in the host's (docker run --pid=host, hostPID: true).",
  };
}

function timeNamespace(): Lack | undefined {
  const link = "/proc/self/ns/time";
  if (!existsSync(link) || readlinkSync(link) === initialTimeNamespace) return undefined;
  return {
    code: "FAILED_PRECONDITION",
    sentence:
      "guidestar runs in a time namespace of its own, where processes started at other times than in the kernel's events: run it in the host's.",
  };
}

/** A foreign error as one of ours. */
export function asStartupError(error: unknown): GuidestarError {
  if (error instanceof GuidestarError) return error;
  const denied = error instanceof BpfError && (error.code === "EPERM" || error.code === "EACCES");
  const code = denied ? "PERMISSION_DENIED" : "FAILED_PRECONDITION";
  return new GuidestarError(code, sentence(error), { cause: error });
}

/** With a capital letter and a full stop. */
function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
