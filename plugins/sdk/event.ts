import {
  EVENT_PARENT,
  EVENT_PROCESS,
  EVENT_SEQUENCE,
  EVENT_TIME_NS,
  EVENT_TYPE,
  EVENT_TYPE_EXEC,
  EVENT_TYPE_EXIT,
  EXIT_SIGNAL,
  EXIT_STATUS,
  VERDICT_DROP,
  VERDICT_KEEP,
} from "./abi";
import { Process, processAt } from "./process";
import { Text } from "./text";

/** What becomes of an event. */
export enum Verdict {
  Keep = VERDICT_KEEP,
  Drop = VERDICT_DROP,
}

export enum EventType {
  Exec = EVENT_TYPE_EXEC,
  Exit = EVENT_TYPE_EXIT,
}

/** One event. Only good until `onEvent` returns. */
@unmanaged
export class Event {
  /** Number of the event on its node since the daemon started, from 1. */
  get sequence(): u64 {
    return load<u64>(changetype<usize>(this), EVENT_SEQUENCE);
  }

  /** Wall clock, ns since 1970. */
  get timeNs(): u64 {
    return load<u64>(changetype<usize>(this), EVENT_TIME_NS);
  }

  get type(): EventType {
    return load<i32>(changetype<usize>(this), EVENT_TYPE);
  }

  get isExec(): bool {
    return this.type == EventType.Exec;
  }

  get isExit(): bool {
    return this.type == EventType.Exit;
  }

  get process(): Process {
    return changetype<Process>(
      changetype<usize>(processAt(load<u32>(changetype<usize>(this), EVENT_PROCESS))),
    );
  }

  /** Parent of the process; null if not known. */
  get parent(): Process | null {
    return processAt(load<u32>(changetype<usize>(this), EVENT_PARENT));
  }

  /** What an exit event tells besides. Asking another event for it is a mistake and aborts. */
  get exit(): Exit {
    if (!this.isExit) throw new Error("event.exit: this is not an exit event");
    return changetype<Exit>(changetype<usize>(this));
  }
}

/** The end of a process. Only good until `onEvent` returns. */
@unmanaged
export class Exit {
  /** 0 to 255; 0 if a signal ended the process. */
  get status(): u32 {
    return load<u32>(changetype<usize>(this), EXIT_STATUS);
  }

  /** Such as `SIGKILL`; empty if the process ended by itself. */
  get signal(): Text {
    return changetype<Text>(changetype<usize>(this) + EXIT_SIGNAL);
  }
}
