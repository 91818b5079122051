/**
 * Where raw records come from. A source hands over records as the kernel programs wrote them
 * (`bpf/core/common/record.h`), so that a live kernel and a recording take the same path from here on.
 */

import type { HookDescription } from "../policy/hookSpec.js";
import type { DemandTable } from "./demandTable.js";

/** One field of a record struct: byte offset and size in the struct. */
export interface FieldLayout {
  readonly offset: number;
  readonly size: number;
}

export interface StructLayout {
  readonly size: number;
  /** By name; fields of nested structs are flattened: `header.pid`, `parent.key_ns`. */
  readonly fields: Readonly<Record<string, FieldLayout>>;
}

/**
 * Offsets and enum values of the record structs, read from the BTF of the object that writes them.
 * Plain data: a recording carries its own, and it crosses threads.
 */
export interface RecordLayout {
  /** `gs_header`, `gs_fork`, `gs_exec`, ... */
  readonly structs: Readonly<Record<string, StructLayout>>;
  /** `gs_record_type`, `gs_process_flag`, `gs_namespace`, by enumerator name. */
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Called once a record. `bytes` is valid only during the call, as it may be the kernel's own memory,
 * unless the source says that it keeps records.
 */
export type RecordVisitor = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
) => void;

/** What was lost before it reached `read`. Totals since the source was opened. */
export interface SourceLosses {
  /** Records that found no room in the ring. */
  readonly ring: number;
  /** Of these, records of processes: forks, execs and exits. The others are of policies and DNS. */
  readonly ringProcess: number;
  readonly tableFull: number;
  readonly readFailed: number;
}

export interface Source {
  /** `live` or `recording:FILE`. */
  readonly name: string;
  readonly layout: RecordLayout;
  /** What to add to a record's CLOCK_BOOTTIME to get wall clock time; ns. */
  readonly bootToWallNs: bigint;
  /** Memory that records were in is never written again: they need not be copied. Default false. */
  readonly keepsRecords?: boolean;
  /** Hands over at most `maxRecords` records that are there already; returns how many. Never waits. */
  read(maxRecords: number, visit: RecordVisitor): number;
  /** Waits until there is something to read, the time is up, or the source has no more. */
  wait(timeoutMs: number): Promise<"ready" | "timeout" | "ended">;
  losses(): SourceLosses;
  /**
   * A record of a process that nothing was heard of, from elsewhere than the records; undefined if
   * it is gone or out of scope. Absent: the records are all there is.
   */
  lookUp?(pid: number, keyNs: bigint): Uint8Array | undefined;
  /**
   * Tells of hooks before they are attached: `read` hands that over as records ahead of all others.
   * Absent: the records themselves tell.
   */
  define?(hooks: readonly HookDescription[]): void;
  /** Tells that hooks are detached for good; handed over behind their last records. */
  forget?(hooks: readonly number[]): void;
  /**
   * Whether that process instance is no longer there, or another by now. May be wrong for a moment
   * around its end. Absent: nobody knows.
   */
  hasEnded?(pid: number, keyNs: bigint): boolean;
  /** Takes out of the kernel's table what has ended unseen; to be called often. Absent: there is none. */
  sweepTable?(nowMs: number): void;
  /** To tell the kernel what nobody wants. Absent: nobody can be told. */
  readonly demands?: DemandTable | undefined;
  /** Entries that `sweepTable` took out since the source was opened. */
  readonly tableSwept?: number;
  /** Twice does no harm. */
  close(): void;
}
