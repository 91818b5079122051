import {
  BATCH_EVENT_COUNT,
  BATCH_EVENTS,
  BATCH_FLAG_LAST,
  BATCH_FLAGS,
  BATCH_HEADER_SIZE,
  BATCH_NOW_NS,
  BATCH_OUTPUT,
  BATCH_OUTPUT_CAPACITY,
  BATCH_OUTPUT_USED,
  BATCH_PROCESSES,
  BATCH_VERDICTS,
  NO_PROCESS,
} from "./abi";
import { resetScratch } from "./scratch";

/** The batch at hand, as addresses. */
let batch: usize = 0;
let processes: usize = 0;
let events: usize = 0;
let verdicts: usize = 0;
let outputStart: usize = 0;
let outputEnd: usize = 0;
let output: usize = 0;
let eventIndex: i32 = -1;
let eventsCount: i32 = 0;
/** What was emitted and found so far. */
let made: u32 = 0;

/** Returns the number of events. */
export function beginBatch(address: usize): i32 {
  batch = address;
  processes = address + <usize>load<u32>(address, BATCH_PROCESSES);
  events = address + <usize>load<u32>(address, BATCH_EVENTS);
  verdicts = address + <usize>load<u32>(address, BATCH_VERDICTS);
  outputStart = address + <usize>load<u32>(address, BATCH_OUTPUT);
  outputEnd = outputStart + <usize>load<u32>(address, BATCH_OUTPUT_CAPACITY);
  output = outputStart;
  made = 0;
  resetScratch();
  eventsCount = load<i32>(address, BATCH_EVENT_COUNT);
  return eventsCount;
}

/** Makes event `index` the current one and returns its address. */
export function beginEvent(index: i32): usize {
  resetScratch();
  eventIndex = index;
  return batch + <usize>load<u32>(events + ((<usize>index) << 2));
}

export function endEvent(verdict: i32): void {
  store<u8>(verdicts + <usize>eventIndex, <u8>verdict);
}

export function endBatch(): void {
  store<u32>(batch, <u32>(output - outputStart), BATCH_OUTPUT_USED);
  eventIndex = -1;
  batch = 0;
}

/** Index of the event that `onEvent` is looking at; -1 outside of it. */
export function currentEvent(): i32 {
  return eventIndex;
}

/** How many events there are; what is emitted and found is numbered from here on. */
export function eventCount(): i32 {
  return eventsCount;
}

/** The number of the next thing that is emitted or found. */
export function nextMade(): u32 {
  return eventsCount + made++;
}

/** Wall clock of the batch, ns since 1970; 0 outside of one, or from a host that does not tell. */
export function batchNowNs(): u64 {
  if (!batch || load<i32>(batch, BATCH_HEADER_SIZE) <= BATCH_NOW_NS) return 0;
  return load<u64>(batch, BATCH_NOW_NS);
}

/** Whether the instance goes away after this tick. */
export function isLastTick(): bool {
  if (load<i32>(batch, BATCH_HEADER_SIZE) <= BATCH_FLAGS) return false;
  return (load<u32>(batch, BATCH_FLAGS) & BATCH_FLAG_LAST) != 0;
}

/** Address of a process record, or 0. */
export function processAddress(index: u32): usize {
  if (index == NO_PROCESS) return 0;
  return batch + <usize>load<u32>(processes + ((<usize>index) << 2));
}

/** Room in the output area; `bytes` a multiple of 8. */
export function takeOutput(bytes: usize): usize {
  const at = output;
  if (!batch || bytes > outputEnd - at) {
    if (!batch) throw new Error("events can be judged and emitted inside onEvent and onTick only");
    throw new Error("the output area of this batch is full: fewer or shorter annotations, please");
  }
  output = at + bytes;
  return at;
}
