import {
  HOLD_SLOTS,
  OUTPUT_KIND_HOLD,
  OUTPUT_KIND_RELEASE,
  SEVERITY_CRITICAL,
  SEVERITY_HIGH,
  SEVERITY_INFO,
  SEVERITY_LOW,
  SEVERITY_MEDIUM,
  SUBJECT_HELD,
} from "./abi";
import { annotateSubject } from "./annotate";
import { currentEvent } from "./batch";
import { writeEmit, writeFinding, writeHold } from "./output";

export enum Severity {
  Info = SEVERITY_INFO,
  Low = SEVERITY_LOW,
  Medium = SEVERITY_MEDIUM,
  High = SEVERITY_HIGH,
  Critical = SEVERITY_CRITICAL,
}

/** An event that was emitted, or a finding: only good for adding to it at once. */
@unmanaged
export class Made {
  /** Adds a key and a value: a string, a Text, a number or a boolean. Returns this. */
  with<T>(key: string, value: T): Made {
    // The number of what was made, plus one: no object is needed to carry it.
    annotateSubject(<u32>(changetype<usize>(this) - 1), key, value);
    return this;
  }
}

function madeOf(subject: u32): Made {
  return changetype<Made>(<usize>subject + 1);
}

/**
 * Raises a finding on the process of the event that `onEvent` is looking at. `name` is a word that is
 * the same for the same kind of thing; `message` a line for people.
 */
export function raise(severity: Severity, name: string, message: string): Made {
  const event = currentEvent();
  if (event < 0) throw new Error("raise works inside onEvent only: elsewhere use held.raise");
  return madeOf(writeFinding(<u32>event, severity, name, message));
}

/**
 * Sends one event for `count` events: a copy of the one that `onEvent` is looking at. Mind to drop the
 * event itself, or it is seen twice.
 */
export function emit(count: u64): Made {
  const event = currentEvent();
  if (event < 0) throw new Error("emit works inside onEvent only: elsewhere use held.emit");
  return madeOf(writeEmit(<u32>event, count, false));
}

/** Numbers of held events that are free: a stack of those given back, and what was never used. */
const free: u32[] = [];
let unused: u32 = 0;

/** An event that the host holds for the plugin, to be emitted or reported in a later call. */
export class Held {
  constructor(readonly slot: u32) {}

  /** Sends one event for `count`, with the message and time of this one, which is given back. */
  emit(count: u64): Made {
    const subject = SUBJECT_HELD | this.slot;
    free.push(this.slot);
    return madeOf(writeEmit(subject, count, true));
  }

  /** A finding on the process of this event, which stays held. */
  raise(severity: Severity, name: string, message: string): Made {
    return madeOf(writeFinding(SUBJECT_HELD | this.slot, severity, name, message));
  }

  /** Gives it back. */
  release(): void {
    free.push(this.slot);
    writeHold(OUTPUT_KIND_RELEASE, 0, this.slot);
  }
}

/** Has the host hold the event that `onEvent` is looking at; null: too many are held. */
export function hold(): Held | null {
  const event = currentEvent();
  if (event < 0) throw new Error("hold works inside onEvent only");
  if (free.length == 0 && unused >= <u32>HOLD_SLOTS) return null;
  const slot = free.length > 0 ? free.pop() : unused++;
  writeHold(OUTPUT_KIND_HOLD, <u32>event, slot);
  return new Held(slot);
}

/** A held event of the version before, by its number. */
export function takeHeld(slot: u32): Held {
  if (slot >= <u32>HOLD_SLOTS) throw new Error("the state names no held event here");
  while (unused <= slot) free.push(unused++);
  const at = free.indexOf(slot);
  if (at >= 0) free.splice(at, 1);
  return new Held(slot);
}
