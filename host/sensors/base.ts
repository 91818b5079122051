/** The base programs in the kernel: fork, exec and exit of every process in scope. */
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject, type Link } from "../../bpf/libbpf/index.js";
import { GuidestarError } from "../errors.js";
import type { LiveSourceOptions } from "../source/live.js";
import { readRecordLayout } from "../source/layout.js";
import type { ScanScope } from "../source/procScan.js";
import type { RecordLayout } from "../source/source.js";
import { asStartupError, checkRequirements } from "./requirements.js";
import { cgroupIdOf, checkScope, type Scope } from "./scope.js";
import { addDescendants, addRoots } from "./tree.js";

export interface BaseOptions {
  readonly scope: Scope;
  /** Bytes of the ring: a power of two from 4096 up; default 16 MiB. */
  readonly ringBytes?: number;
  /** Most processes that can be followed at a time; default 32768. */
  readonly processTableEntries?: number;
  /**
   * Wake the reader only once so many bytes wait for it (it must look by itself now and then).
   * Default 0: whenever it has read everything.
   */
  readonly wakeupBytes?: number;
  /** Show what was there before tracing began; default true. */
  readonly scan?: boolean;
}

export interface ProgramStatistics {
  readonly name: string;
  /** Runs and time, if the kernel counts them (sysctl kernel.bpf_stats_enabled). */
  readonly runs: bigint;
  readonly runtimeNs: bigint;
  /** Events that it missed, because it was running on that CPU already. */
  readonly recursionMisses: bigint;
}

/** Loaded and attached. Everything in it is detached and freed by `close()`. */
export interface BaseSensor {
  readonly layout: RecordLayout;
  readonly ringFd: number;
  readonly countersFd: number;
  readonly tableFd: number;
  /** For `openLiveSource`, in whatever thread; plain data. */
  readonly source: LiveSourceOptions;
  statistics(): readonly ProgramStatistics[];
  /** Twice does no harm. */
  close(): void;
}

/** Throws a `GuidestarError` with one clear sentence if this machine or the scope doesn't allow it. */
export function loadBase(options: BaseOptions): BaseSensor {
  checkRequirements();
  checkScope(options.scope);
  const open: { close(): void }[] = [];
  const close = () => {
    for (const each of open.splice(0).reverse()) each.close();
  };
  try {
    return start(options, open, close);
  } catch (error) {
    close();
    throw asStartupError(error);
  }
}

const objectFile = fileURLToPath(new URL("../../bpf/core/process.bpf.o", import.meta.url));
