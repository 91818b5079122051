import {
  ANCESTORS_CUT,
  CUT_ARGUMENTS,
  CUT_BINARY,
  CUT_CWD,
  KNOWN_AUID,
  KNOWN_CAPABILITIES,
  KNOWN_NAMESPACES,
  KNOWN_POD,
  KNOWN_UID,
  PROCESS_ARGUMENTS,
  PROCESS_AUID,
  PROCESS_BINARY,
  PROCESS_CAP_PERMITTED,
  PROCESS_CGROUP_ID,
  PROCESS_CGROUP_NAME,
  PROCESS_CONTAINER_ID,
  PROCESS_CWD,
  PROCESS_DOCKER,
  PROCESS_EGID,
  PROCESS_EUID,
  PROCESS_EXEC_ID,
  PROCESS_FLAGS,
  PROCESS_GID,
  PROCESS_INTERPRETER,
  PROCESS_KEY_NS,
  PROCESS_NAMESPACES,
  PROCESS_NS_PID,
  PROCESS_PARENT,
  PROCESS_PID,
  PROCESS_START_TIME_NS,
  PROCESS_STATE,
  PROCESS_UID,
} from "./abi";
import { processAddress } from "./batch";
import { Capabilities } from "./capabilities";
import { Namespaces } from "./namespaces";
import { Pod } from "./pod";
import { Text } from "./text";

/** One process instance: a pid between two execs. Only good until `onEvent` returns. */
@unmanaged
export class Process {
  /** Names the instance across all nodes and all time. */
  get execId(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_EXEC_ID);
  }

  /** Thread group id in the initial pid namespace. */
  get pid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_PID);
  }

  /** Absolute path of the program, as it was given to exec. */
  get binary(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_BINARY);
  }

  /** The arguments without the program's own name, separated by spaces, quoted where needed. */
  get arguments(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_ARGUMENTS);
  }

  get cwd(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_CWD);
  }

  /** Such as `execve clone`. */
  get flags(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_FLAGS);
  }

  /** First 31 characters of the container id, or empty. */
  get docker(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_DOCKER);
  }

  get cgroupName(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_CGROUP_NAME);
  }

  /** cgroup v2 id; 0: none. */
  get cgroupId(): u64 {
    return load<u64>(changetype<usize>(this), PROCESS_CGROUP_ID);
  }

  /** Time since boot of the exec, ns. With the pid it names the instance on this node. */
  get keyNs(): u64 {
    return load<u64>(changetype<usize>(this), PROCESS_KEY_NS);
  }

  /** Start on the wall clock, ns since 1970. */
  get startTimeNs(): u64 {
    return load<u64>(changetype<usize>(this), PROCESS_START_TIME_NS);
  }

  /** Real uid; 4294967295 if not known. */
  get uid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_UID);
  }

  /** Login uid; 4294967295 if nobody logged in, or it is not known. */
  get auid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_AUID);
  }

  get hasUid(): bool {
    return (this.state & KNOWN_UID) != 0;
  }

  get hasAuid(): bool {
    return (this.state & KNOWN_AUID) != 0;
  }

  /** Null if not known. */
  get capabilities(): Capabilities | null {
    const at = changetype<usize>(this) + PROCESS_CAP_PERMITTED;
    return changetype<Capabilities | null>(this.state & KNOWN_CAPABILITIES ? at : 0);
  }

  /** Null if not known. */
  get namespaces(): Namespaces | null {
    const at = changetype<usize>(this) + PROCESS_NAMESPACES;
    return changetype<Namespaces | null>(this.state & KNOWN_NAMESPACES ? at : 0);
  }

  /** The whole container id, 64 hexadecimal digits, or empty. */
  get containerId(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_CONTAINER_ID);
  }

  /** Null if it is in none, or that is not known. */
  get pod(): Pod | null {
    return changetype<Pod | null>(this.state & KNOWN_POD ? changetype<usize>(this) : 0);
  }

  /** What runs the binary, if that is a script; else empty. */
  get interpreter(): Text {
    return changetype<Text>(changetype<usize>(this) + PROCESS_INTERPRETER);
  }

  /** The pid in its own pid namespace; 0: not known. */
  get nsPid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_NS_PID);
  }

  /** Effective uid, real and effective gid; 4294967295 if not known. */
  get euid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_EUID);
  }

  get gid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_GID);
  }

  get egid(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_EGID);
  }

  /** Who started it; null if not known, or too far up the line (`ancestorsCut`). */
  get parent(): Process | null {
    const index = load<u32>(changetype<usize>(this), PROCESS_PARENT);
    return changetype<Process | null>(processAddress(index));
  }

  /** Whether there is a parent that the batch does not hold: the line of ancestors is too long. */
  get ancestorsCut(): bool {
    return (this.state & ANCESTORS_CUT) != 0;
  }

  /** Whether the end of the arguments is missing, because they were too long for a batch. */
  get argumentsCut(): bool {
    return (this.state & CUT_ARGUMENTS) != 0;
  }

  get binaryCut(): bool {
    return (this.state & CUT_BINARY) != 0;
  }

  get cwdCut(): bool {
    return (this.state & CUT_CWD) != 0;
  }

  /** Whether both are the same instance. Works on null as well: `a.isSame(event.parent)`. */
  isSame(other: Process | null): bool {
    return changetype<usize>(this) == changetype<usize>(other);
  }

  private get state(): u32 {
    return load<u32>(changetype<usize>(this), PROCESS_STATE);
  }
}

/** The process of an index in the process table. */
export function processAt(index: u32): Process | null {
  return changetype<Process | null>(processAddress(index));
}
