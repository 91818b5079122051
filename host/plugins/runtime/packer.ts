import {
  ABI_VERSION,
  ANCESTORS_CUT,
  BATCH_ABI,
  BATCH_EVENT_COUNT,
  BATCH_EVENT_SIZE,
  BATCH_EVENTS,
  BATCH_FLAGS,
  BATCH_HEADER_SIZE,
  BATCH_NOW_NS,
  BATCH_OUTPUT,
  BATCH_OUTPUT_CAPACITY,
  BATCH_OUTPUT_USED,
  BATCH_PROCESS_COUNT,
  BATCH_PROCESS_SIZE,
  BATCH_PROCESSES,
  BATCH_RESERVED,
  BATCH_SIZE,
  BATCH_SPARE,
  BATCH_VERDICTS,
  CUT_ARGUMENTS,
  EVENT_BYTES,
  EVENT_DETAIL,
  EVENT_FLAGS,
  EVENT_PARENT,
  EVENT_PROCESS,
  EVENT_SEQUENCE,
  EVENT_TIME_NS,
  EVENT_TYPE,
  EXIT_SIGNAL,
  EXIT_STATUS,
  HEADER_BYTES,
  NO_PROCESS,
  PROCESS_ARGUMENTS,
  PROCESS_BYTES,
  PROCESS_KEY_NS,
  PROCESS_PARENT,
  PROCESS_PID,
  PROCESS_STATE,
  TEST_ARGS,
  VERDICT_MISSING,
} from "../../../plugins/sdk/abi.js";
import type { EventEncoder } from "../../events/encoder.js";
import {
  type Event,
  EventType,
  type ExitEvent,
  isHookEvent,
  type Process,
} from "../../events/model.js";
import { outputBytesFor, PLUGIN_LIMITS } from "../limits.js";
import { CallRecords, MOST_CALL_BYTES } from "./callRecords.js";
import { DnsRecords, MOST_DNS_BYTES } from "./dnsRecords.js";
import { LARGEST_RECORD_BYTES, ProcessRecords } from "./processRecords.js";
import { writeCut } from "./writeCut.js";

/** Where the parts of a batch are that differ from plugin to plugin; bytes from its start. */
export interface BatchParts {
  readonly count: number;
  readonly events: number;
  readonly verdicts: number;
  readonly output: number;
  readonly outputBytes: number;
  /** Of the whole batch. */
  readonly bytes: number;
}

/** What an event needs besides its processes: its record, a few texts, what was passed to a call. */
const EVENT_ROOM = 16 * 1024 + Math.max(MOST_CALL_BYTES, MOST_DNS_BYTES);
/** Ancestors leave so much of the batch free that an event's own process and parent find room. */
const DIRECT_ROOM = PLUGIN_LIMITS.batchBytes - EVENT_ROOM;
const ANCESTOR_ROOM = DIRECT_ROOM - 2 * LARGEST_RECORD_BYTES;

const NO_SLOT = -1;

/**
 * Lays events out as the ABI says, once for all plugins: `pack` writes what they have in common to a
 * staging buffer, `partsFor` and `write` put it into one plugin's memory with the events it is to see.
 */
export class Packer {
  private readonly records = new ProcessRecords();
  private readonly calls: CallRecords;
  private readonly dns: DnsRecords;
  private readonly bytes: Uint8Array;
  private readonly buffer: Buffer;
  private readonly words: Uint32Array;
  private readonly longs: BigUint64Array;
  /** Positions of the records in the staging buffer. */
  private readonly processes: Uint32Array;
  private readonly events = new Uint32Array(PLUGIN_LIMITS.batchEvents);
  private readonly signals = new Map<string, number>();
  private processCount = 0;
  private packed: readonly Event[] = [];
  private packedFrom = 0;
  /** What writes the events of the streams, if anything does: for plugins that take JSON. */
  encoder: EventEncoder | undefined;
  /** Bytes in use, while packing and after. */
  private used = 0;
  private batch = 0;
  /** Whether any plugin wants to see what was passed to calls. */
  showsCalls = true;
  /** Whether the event being added is the first of its batch. */
  private isFirst = false;

  constructor() {
    const limit = PLUGIN_LIMITS.batchBytes;
    // No process record is shorter than its fixed part.
    const processLimit = Math.ceil(limit / PROCESS_BYTES);
    const buffer = new ArrayBuffer(limit + processLimit * 4 + 8);
    this.bytes = new Uint8Array(buffer);
    this.buffer = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
    this.longs = new BigUint64Array(buffer);
    this.processes = new Uint32Array(processLimit);
    this.calls = new CallRecords(buffer);
    this.dns = new DnsRecords(buffer);
  }

  /** Packs events from index `from` on, as many as fit into one batch; returns how many. */
  pack(all: readonly Event[], from: number): number {
    this.packed = all;
    this.packedFrom = from;
    this.batch = (this.batch + 1) >>> 0 || 1;
    this.processCount = 0;
    this.used = HEADER_BYTES;
    this.signals.clear();
    this.calls.begin();
    this.records.begin();
    const most = Math.min(all.length - from, PLUGIN_LIMITS.batchEvents);
    let count = 0;
    while (count < most && this.add(all[from + count] as Event, count)) count++;
    this.finish();
    return count;
  }

  /** A packed event. */
  event(index: number): Event {
    return this.packed[this.packedFrom + index] as Event;
  }

  /**
   * A plugin replaced the arguments of a process: those behind it see the new ones in this batch too.
   * What is longer than the old ones is cut, with the flag for it.
   */
  rewriteArguments(process: Process): void {
    const { words, longs, bytes } = this;
    for (let n = 0; n < this.processCount; n++) {
      const at = this.processes[n] as number;
      if (words[(at + PROCESS_PID) >>> 2] !== process.pid) continue;
      if (longs[(at + PROCESS_KEY_NS) >>> 3] !== process.keyNs) continue;
      const reference = (at + PROCESS_ARGUMENTS) >>> 2;
      const text = at + PROCESS_ARGUMENTS + (words[reference] as number);
      const room = words[reference + 1] as number;
      const written = writeCut(this.buffer, process.arguments, text, room);
      bytes.fill(0, text + written.bytes, text + room);
      words[reference + 1] = written.bytes;
      const state = (at + PROCESS_STATE) >>> 2;
      if (written.cut) words[state] = (words[state] as number) | CUT_ARGUMENTS;
    }
  }

  /** The parts of a batch for a plugin that sees `count` of the packed events. */
  partsFor(count: number, outputBytes = outputBytesFor(count)): BatchParts {
    const events = this.used;
    const verdicts = events + count * 4;
    const output = (verdicts + count + 7) & ~7;
    return { count, events, verdicts, output, outputBytes, bytes: output + outputBytes };
  }

  /**
   * Writes the batch into a plugin's memory. `selected`: indices of the packed events it sees; `nowNs`:
   * what its clock shows; `flags`: `BATCH_FLAG_*`.
   */
  write(
    memory: Uint8Array,
    at: number,
    parts: BatchParts,
    selected: Uint32Array,
    nowNs = 0n,
    flags = 0,
  ): void {
    const { words } = this;
    this.longs[BATCH_NOW_NS / 8] = nowNs;
    words[BATCH_FLAGS / 4] = flags;
    words[BATCH_SIZE / 4] = parts.bytes;
    words[BATCH_EVENT_COUNT / 4] = parts.count;
    words[BATCH_EVENTS / 4] = parts.events;
    words[BATCH_VERDICTS / 4] = parts.verdicts;
    words[BATCH_OUTPUT / 4] = parts.output;
    words[BATCH_OUTPUT_CAPACITY / 4] = parts.outputBytes;
    memory.set(this.bytes.subarray(0, this.used), at);
    const table = new Uint32Array(memory.buffer, at + parts.events, parts.count);
    for (let n = 0; n < parts.count; n++) {
      table[n] = this.events[selected[n] as number] as number;
    }
    memory.fill(VERDICT_MISSING, at + parts.verdicts, at + parts.verdicts + parts.count);
  }

  /** Header fields that are the same for all plugins, and the process table. */
  private finish(): void {
    const { words } = this;
    words[BATCH_ABI / 4] = ABI_VERSION;
    words[BATCH_HEADER_SIZE / 4] = HEADER_BYTES;
    words[BATCH_EVENT_SIZE / 4] = EVENT_BYTES;
    words[BATCH_PROCESS_COUNT / 4] = this.processCount;
    words[BATCH_PROCESSES / 4] = this.used;
    words[BATCH_PROCESS_SIZE / 4] = PROCESS_BYTES;
    words[BATCH_OUTPUT_USED / 4] = 0;
    words[BATCH_RESERVED / 4] = 0;
    words[BATCH_SPARE / 4] = 0;
    words.set(this.processes.subarray(0, this.processCount), this.used >>> 2);
    this.used = (this.used + this.processCount * 4 + 7) & ~7;
  }

  /**
   * False if the batch has no room for the event; processes put in for it already do no harm. There is
   * room for the first event always: its ancestors give way.
   */
  private add(event: Event, number: number): boolean {
    const { records } = this;
    this.isFirst = number === 0;
    const process = this.addProcess(event.process, PLUGIN_LIMITS.ancestors, DIRECT_ROOM);
    if (process === NO_SLOT) return false;
    let parentIndex = NO_PROCESS;
    if (event.parent !== undefined) {
      if (event.parent === event.process.parent)
        parentIndex = records.parentIndex[process] as number;
      if (parentIndex === NO_PROCESS) {
        const parent = this.addProcess(event.parent, PLUGIN_LIMITS.ancestors - 1, DIRECT_ROOM);
        if (parent === NO_SLOT) return false;
        parentIndex = records.index[parent] as number;
      }
    }
    const at = this.used;
    if (at + EVENT_ROOM > PLUGIN_LIMITS.batchBytes) return false;
    this.used = at + EVENT_BYTES;
    const { words, longs } = this;
    const word = at >>> 2;
    words[word + EVENT_SEQUENCE / 4] = event.sequence >>> 0;
    words[word + EVENT_SEQUENCE / 4 + 1] = Math.floor(event.sequence / 0x1_0000_0000);
    const { timeLow, timeHigh } = event;
    if (timeLow !== undefined && timeHigh !== undefined) {
      words[word + EVENT_TIME_NS / 4] = timeLow;
      words[word + EVENT_TIME_NS / 4 + 1] = timeHigh;
    } else longs[(at + EVENT_TIME_NS) >>> 3] = event.timeNs;
    words[word + EVENT_TYPE / 4] = event.type;
    words[word + EVENT_FLAGS / 4] = 0;
    words[word + EVENT_PROCESS / 4] = records.index[process] as number;
    words[word + EVENT_PARENT / 4] = parentIndex;
    for (let n = EVENT_DETAIL / 4; n < EVENT_BYTES / 4; n++) words[word + n] = 0;
    if (event.type === EventType.EXIT && !this.addExit(event, at)) return false;
    if (event.type === EventType.TEST) {
      for (let n = 0; n < 4; n++) longs[((at + TEST_ARGS) >>> 3) + n] = event.args[n] ?? 0n;
    }
    if (this.showsCalls && isHookEvent(event)) this.used = this.calls.write(event, at);
    if (event.type === EventType.DNS) this.used = this.dns.write(event, at);
    this.events[number] = at;
    return true;
  }

  private addExit(event: ExitEvent, at: number): boolean {
    this.words[(at + EXIT_STATUS) >>> 2] = event.status;
    return this.refer(at + EXIT_SIGNAL, event.signal);
  }

  /** Writes a text reference. The same few texts come again and again: each is there once. */
  private refer(reference: number, text: string): boolean {
    let position = this.signals.get(text);
    if (position === undefined) {
      position = this.used;
      if (position + PLUGIN_LIMITS.textBytes > PLUGIN_LIMITS.batchBytes) return false;
      const { bytes } = writeCut(this.buffer, text, position + 8, PLUGIN_LIMITS.textBytes - 8);
      this.words[position >>> 2] = bytes;
      this.used = (position + 8 + bytes + 7) & ~7;
      this.signals.set(text, position);
    }
    this.words[reference >>> 2] = position + 8 - reference;
    this.words[(reference >>> 2) + 1] = this.words[position >>> 2] as number;
    return true;
  }

  /**
   * Puts a process and `levels` of its ancestors into the batch, as far as they are not there yet.
   * `room`: how far it may fill the batch. Returns its slot, or NO_SLOT if there was no room.
   */
  private addProcess(process: Process, levels: number, room: number): number {
    const { records, words } = this;
    const slot = records.get(process);
    if (records.batch[slot] !== this.batch) {
      if (this.used + (records.size[slot] as number) > room) return NO_SLOT;
      this.put(slot);
    } else if ((records.levels[slot] as number) >= levels) {
      return slot;
    }
    records.levels[slot] = levels;
    if (process.parent === undefined) return slot;
    const parent =
      levels > 0 ? this.addProcess(process.parent, levels - 1, ANCESTOR_ROOM) : NO_SLOT;
    const word = (this.processes[records.index[slot] as number] as number) >>> 2;
    if (parent !== NO_SLOT) {
      const parentIndex = records.index[parent] as number;
      records.parentIndex[slot] = parentIndex;
      words[word + PROCESS_PARENT / 4] = parentIndex;
      words[word + PROCESS_STATE / 4] = records.state[slot] as number;
      return slot;
    }
    if (records.parentIndex[slot] === NO_PROCESS) {
      words[word + PROCESS_STATE / 4] = (records.state[slot] as number) | ANCESTORS_CUT;
    }
    return levels === 0 || this.isFirst ? slot : NO_SLOT;
  }

  private put(slot: number): void {
    const { records } = this;
    records.copy(slot, this.words, this.used >>> 2);
    this.processes[this.processCount] = this.used;
    this.used += records.size[slot] as number;
    records.batch[slot] = this.batch;
    records.index[slot] = this.processCount++;
    records.parentIndex[slot] = NO_PROCESS;
  }
}
