import {
  EVENT_PARENT,
  EVENT_PROCESS,
  EVENT_SEQUENCE,
  EVENT_TIME_NS,
  EVENT_TYPE,
  EVENT_TYPE_DNS,
  EVENT_TYPE_EXEC,
  EVENT_TYPE_EXIT,
  EVENT_TYPE_KPROBE,
  EVENT_TYPE_TEST,
  EVENT_TYPE_TRACEPOINT,
  EXIT_SIGNAL,
  EXIT_STATUS,
  TEST_ARGS,
  VERDICT_DROP,
  VERDICT_KEEP,
} from "./abi";
import { Call } from "./call";
import { Dns } from "./dns";
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
  Kprobe = EVENT_TYPE_KPROBE,
  Tracepoint = EVENT_TYPE_TRACEPOINT,
  Dns = EVENT_TYPE_DNS,
  Test = EVENT_TYPE_TEST,
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

  get isKprobe(): bool {
    return this.type == EventType.Kprobe;
  }

  get isTracepoint(): bool {
    return this.type == EventType.Tracepoint;
  }

  get isDns(): bool {
    return this.type == EventType.Dns;
  }

  get isTest(): bool {
    return this.type == EventType.Test;
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

  /** The call that a kprobe event tells of. Asking another event for it is a mistake and aborts. */
  get kprobe(): Call {
    if (!this.isKprobe) throw new Error("event.kprobe: this is not a kprobe event");
    return changetype<Call>(changetype<usize>(this));
  }

  /** The same of a tracepoint event. */
  get tracepoint(): Call {
    if (!this.isTracepoint) throw new Error("event.tracepoint: this is not a tracepoint event");
    return changetype<Call>(changetype<usize>(this));
  }

  /** The message of a DNS event. Asking another event for it is a mistake and aborts. */
  get dns(): Dns {
    if (!this.isDns) throw new Error("event.dns: this is not a DNS event");
    return changetype<Dns>(changetype<usize>(this));
  }

  /** The system call that a test event tells of. Asking another event for it is a mistake and aborts. */
  get test(): Test {
    if (!this.isTest) throw new Error("event.test: this is not a test event");
    return changetype<Test>(changetype<usize>(this));
  }
}

/** A system call that the sensor `test` tells of. Only good until `onEvent` returns. */
@unmanaged
export class Test {
  /** The first arguments of the call. @param index 0 to 3 */
  arg(index: i32): u64 {
    if (index < 0 || index > 3) throw new Error("event.test.arg: there are 0 to 3");
    return load<u64>(changetype<usize>(this) + <usize>index * 8, TEST_ARGS);
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
