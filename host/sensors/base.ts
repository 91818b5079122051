/** The base programs in the kernel: fork, exec and exit of every process in scope. */
import { type BpfObject, programInfo } from "../../bpf/libbpf/index.js";
import { openFactsTable } from "../source/factsTable.js";
import { hostNamespacesProgram, readHostNamespaces } from "../source/hostNamespaces.js";
import { readRecordLayout } from "../source/layout.js";
import type { LiveSourceOptions } from "../source/live.js";
import { openProcessTable } from "../source/processTable.js";
import type { ScanScope } from "../source/procScan.js";
import { enumOf } from "../source/recordWriter.js";
import type { RecordLayout } from "../source/source.js";
import { checkOptions, configure, openBaseObject, setScopeCgroup } from "./baseObject.js";
import { asStartupError, checkRequirements } from "./requirements.js";
import { checkScope, type Scope } from "./scope.js";
import { addDescendants, addRoots } from "./tree.js";

export interface BaseOptions {
  readonly scope: Scope;
  /** Bytes of the ring: a power of two from 4096 up; default 16 MiB. */
  readonly ringBytes?: number;
  /** Most processes that can be followed at a time; default 32768. */
  readonly processTableEntries?: number;
  /** Do without the helper bpf_loop, as on kernels before 5.17. */
  readonly withoutLoopHelper?: boolean;
  /** Show what was there before tracing began; default true. */
  readonly scan?: boolean;
}

export interface ProgramStatistics {
  readonly name: string;
  /** Runs and time, if the kernel counts them (sysctl kernel.bpf_stats_enabled). */
  readonly runs: bigint;
  readonly runTimeNs: bigint;
  /** Events that it missed, because it was running on that CPU already. */
  readonly recursionMisses: bigint;
}

/** Loaded and attached. `close()` detaches and frees all of it: close sources that read from it before. */
export interface BaseSensor {
  readonly layout: RecordLayout;
  readonly ringFd: number;
  readonly readerFd: number;
  readonly demandsFd: number;
  readonly unwantedFd: number;
  readonly countersFd: number;
  readonly tableFd: number;
  readonly factsFd: number;
  /** Inode numbers of the namespaces that the kernel started with, in the order of `namespaceNames`. */
  readonly hostNamespaces: readonly number[];
  /** For `openLiveSource`, in whatever thread; plain data. */
  readonly source: LiveSourceOptions;
  /** What programs of policies share with the base programs. */
  readonly forHooks: {
    /** Descriptors of maps, by name. */
    readonly maps: Readonly<Record<string, number>>;
    /** Read-only variables that must be the same. */
    readonly settings: Readonly<Record<string, unknown>>;
    readonly hasLoop: boolean;
  };
  statistics(): readonly ProgramStatistics[];
  /** Twice does no harm. */
  close(): void;
}

/** Throws a `GuidestarError` with one clear sentence if this machine or the scope doesn't allow it. */
export function loadBase(options: BaseOptions): BaseSensor {
  checkOptions(options);
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

function start(options: BaseOptions, open: { close(): void }[], close: () => void): BaseSensor {
  const object = openBaseObject();
  open.push(object);
  const layout = readRecordLayout(object.btf);
  configure(object, options, layout);
  object.load();
  attach(object, options.scope, layout, open);
  const programs = attached(object);
  const fds = {
    ringFd: object.map("ring").fd,
    readerFd: object.map("reader").fd,
    demandsFd: object.map("demands").fd,
    unwantedFd: object.map("unwanted").fd,
    countersFd: object.map("counters").fd,
    tableFd: object.map("processes").fd,
    factsFd: object.map("process_facts").fd,
  };
  const scan = options.scan === false ? {} : { scan: scanScope(options.scope) };
  return {
    layout,
    ...fds,
    hostNamespaces: readHostNamespaces(object, layout),
    source: {
      ...fds,
      programFds: programs.map((program) => program.fd),
      layout,
      ...scan,
    },
    forHooks: {
      maps: Object.fromEntries(mapsForHooks.map((name) => [name, object.map(name).fd])),
      settings: Object.fromEntries(
        settingsForHooks.map((name) => [name, object.variables.get(name)]),
      ),
      hasLoop: object.program("process_exec").autoload,
    },
    statistics: () => programs.map((program) => statisticsOf(program.name, program.fd)),
    close,
  };
}

const mapsForHooks = [
  ...["ring", "reader", "demands", "unwanted", "processes", "scope_cgroup", "counters"],
  ...["process_facts", "process_marks", "mark_pids", "live"],
  ...["texts", "short_texts", "prefixes", "followed_fds"],
];
const settingsForHooks = ["scope_kind", "scope_cgroup_id", "hook_ring_bytes"];

function statisticsOf(name: string, fd: number): ProgramStatistics {
  const { runCount, runTimeNs, recursionMisses } = programInfo(fd);
  return { name, runs: runCount, runTimeNs, recursionMisses };
}

/**
 * The programs that this kernel takes, less the one that is just run. What ends a process comes
 * first, what begins it last: who is seen to begin is seen to end, and who is seen to fork is seen to
 * exec, though the programs are attached one after another.
 */
function attached(object: BpfObject) {
  const order = ["process_exit", "process_exec", "process_exec_unrolled", "process_fork"];
  return object.programs
    .filter((program) => program.autoload && program.name !== hostNamespacesProgram)
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** The order matters: nothing that a process in scope does may fall in between. */
function attach(
  object: BpfObject,
  scope: Scope,
  layout: RecordLayout,
  open: { close(): void }[],
): void {
  const table = openProcessTable(object.map("processes").fd, layout);
  const facts = openFactsTable(object.map("process_facts").fd, layout);
  try {
    if (scope.kind === "cgroup") setScopeCgroup(object, scope);
    if (scope.kind === "tree") {
      const clone = enumOf(layout, "gs_process_flag", "GS_FLAG_CLONE");
      addRoots({ table, facts }, scope.rootPids, scope.spawned === true ? clone : 0);
    }
    for (const program of attached(object)) open.push(program.attach());
    if (scope.kind === "tree") addDescendants({ table, facts }, scope.rootPids);
  } finally {
    table.close();
    facts.close();
  }
}

function scanScope(scope: Scope): ScanScope {
  if (scope.kind !== "tree") return scope;
  const { rootPids, spawned = false } = scope;
  return { kind: "tree", rootPids, skipPids: spawned ? rootPids : [] };
}
