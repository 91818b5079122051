/** What a policy is checked against: the kernel that it is for. */
import type { Btf, BtfFunction } from "../../../bpf/libbpf/index.js";
import type { SyscallTable } from "./syscalls/table.js";

/** The reason why something could not be looked at, a sentence part: "tracefs is not mounted". */
export interface Unknown {
  readonly unknown: string;
}

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && "unknown" in value;
}

/** A kernel function as BTF describes it. */
export interface FunctionFact {
  /** Of a module: its name. */
  readonly module?: string;
  /** Absent: the function exists, but BTF does not describe it. */
  readonly prototype?: BtfFunction;
  /** In which the prototype's types are. */
  readonly btf?: Btf;
}

/** A field of a tracepoint's record, as its format file has it. */
export interface TracepointField {
  readonly name: string;
  /** In C, without the name: `const char *`, `__data_loc char[]`, `unsigned long[6]`. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
}

export interface TracepointFormat {
  readonly id: number;
  /** The common ones included: a policy counts them, too. */
  readonly fields: readonly TracepointField[];
}

/**
 * A kernel, or as much of it as may be read. Each question has three answers: the fact, undefined
 * (there is no such thing), or why it is not known.
 */
export interface KernelFacts {
  readonly syscalls: SyscallTable;
  readonly btf: Btf | Unknown;
  function(name: string): FunctionFact | undefined | Unknown;
  /** Names for suggestions and lists; may be empty. */
  functionNames(): Iterable<string>;
  /** Of functions that can be traced; for lists by pattern. */
  traceable(): ReadonlySet<string> | Unknown;
  tracepoint(subsystem: string, event: string): TracepointFormat | undefined | Unknown;
  /** Groups, or the events of a group. */
  tracepointNames(subsystem?: string): readonly string[];
  /** Functions whose result may be changed. */
  errorInjectable(): ReadonlySet<string> | Unknown;
  /** Inode number of the host's namespace; index as in `namespaceNames`. */
  hostNamespace(index: number): number | Unknown;
}
