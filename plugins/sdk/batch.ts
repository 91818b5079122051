import {
  BATCH_EVENT_COUNT,
  BATCH_EVENTS,
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

/** Returns the number of events. */
export function beginBatch(address: usize): i32 {
  batch = address;
  processes = address + <usize>load<u32>(address, BATCH_PROCESSES);
  events = address + <usize>load<u32>(address, BATCH_EVENTS);
  verdicts = address + <usize>load<u32>(address, BATCH_VERDICTS);
  outputStart = address + <usize>load<u32>(address, BATCH_OUTPUT);
  outputEnd = outputStart + <usize>load<u32>(address, BATCH_OUTPUT_CAPACITY);
  output = outputStart;
  return load<i32>(address, BATCH_EVENT_COUNT);
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
}

/** Index of the event that `onEvent` is looking at; -1 outside of it. */
export function currentEvent(): i32 {
  return eventIndex;
}

/** Address of a process record, or 0. */
export function processAddress(index: u32): usize {
  if (index == NO_PROCESS) return 0;
  return batch + <usize>load<u32>(processes + ((<usize>index) << 2));
}

/** Room in the output area; `bytes` a multiple of 8. */
export function takeOutput(bytes: usize): usize {
  const at = output;
  if (bytes > outputEnd - at) {
    throw new Error("the output area of this batch is full: fewer or shorter annotations, please");
  }
  output = at + bytes;
  return at;
}
