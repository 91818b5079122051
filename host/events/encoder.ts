import { encodeDns } from "./dnsEncoder.js";
import { HookEncoder } from "./hook/hookEncoder.js";
import { MessageBuilder } from "./messageBuilder.js";
import {
  type DnsEvent,
  type Event,
  EventType,
  type ExecEvent,
  type ExitEvent,
  type FindingEvent,
  isHookEvent,
  type TestEvent,
} from "./model.js";
import type { CachedProcess } from "./process.js";
import { encodeProcess, type ProcessEncoderOptions } from "./processEncoder.js";
import { BYTES, tag, VARINT, varintSize, type WireWriter } from "./wire.js";

export interface EncoderOptions extends ProcessEncoderOptions {
  readonly nodeName: string;
  /** Fill `ancestors`. */
  readonly ancestors?: boolean;
}

/** Most ancestors told beyond the parent: a process that execs itself for ever has any number. */
export const maxAncestorsShown = 128;

/** Bytes in front of a gRPC message: compression flag and length. */
export const framePrefixBytes = 5;

/**
 * Writes events as framed `fgs.GetEventsResponse` messages. A process is encoded once in its life
 * and copied from then on.
 */
export class EventEncoder {
  readonly #options: EncoderOptions;
  readonly #nodeName: Uint8Array;
  readonly #hooks = new HookEncoder();

  constructor(options: EncoderOptions) {
    this.#options = options;
    this.#nodeName = new MessageBuilder().string(1000, options.nodeName).finish();
  }

  /** Appends one frame. */
  encode(event: Event, to: WireWriter): void {
    const start = to.position;
    to.reserve(leastRoom);
    to.position += framePrefixBytes;
    to.varint(tag(oneofField[event.type], BYTES));
    const body = to.position;
    to.position += usualLengthBytes;
    // The API knows no process of a test event.
    const hasProcess = event.type !== EventType.TEST;
    if (hasProcess) this.#process(to, 1, event.process as CachedProcess);
    const parentField = event.type === EventType.DNS ? dnsParentField : 2;
    if (hasProcess && event.parent) this.#process(to, parentField, event.parent as CachedProcess);
    // Of a call the parent is told even if nothing is known of it.
    else if (isHookEvent(event)) writeEmpty(to, 2);
    this.#ancestors(to, event);
    if (isHookEvent(event)) this.#hooks.encode(event, to);
    else this.#append(to, restOf(event));
    to.reserve(leastRoom);
    to.insertLength(body, usualLengthBytes);
    this.#append(to, this.#nodeName);
    to.reserve(leastRoom);
    writeTime(to, event);
    this.#append(to, extrasOf(event));
    to.reserve(leastRoom);
    to.varint(sequenceTag);
    to.varint(event.sequence);
    writePrefix(to, start);
  }

  #append(to: WireWriter, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    to.reserve(bytes.length);
    to.raw(bytes);
  }

  /** Those beyond the parent, nearest first. */
  #ancestors(to: WireWriter, event: Event): void {
    if (this.#options.ancestors !== true || ancestorsFields[event.type] === 0) return;
    let next = event.parent?.parent;
    for (let n = 0; next && n < maxAncestorsShown; n++, next = next.parent)
      this.#process(to, ancestorsFields[event.type], next as CachedProcess);
  }

  #process(to: WireWriter, field: number, process: CachedProcess): void {
    process.wire ??= encodeProcess(process, this.#options);
    const { wire } = process;
    // Who makes processes by hand counts none.
    const references = process.references ?? 0;
    const counted = references === 0 ? 0 : referencesTagSize + varintSize(references);
    to.reserve(leastRoom + wire.length);
    to.varint(tag(field, BYTES));
    to.varint(wire.length + counted);
    to.raw(wire);
    if (references === 0) return;
    to.varint(referencesTag);
    to.varint(references);
  }
}

const oneofField = {
  [EventType.EXEC]: 1,
  [EventType.EXIT]: 5,
  [EventType.DNS]: 14,
  [EventType.FINDING]: 2003,
  [EventType.KPROBE]: 9,
  [EventType.TRACEPOINT]: 10,
  [EventType.TEST]: 40_000,
} as const;
const ancestorsFields = {
  [EventType.EXEC]: 3,
  [EventType.EXIT]: 2000,
  [EventType.DNS]: 2001,
  // These have no ancestors.
  [EventType.FINDING]: 0,
  [EventType.TEST]: 0,
  [EventType.KPROBE]: 2013,
  [EventType.TRACEPOINT]: 2011,
} as const;
/** Of `fgs.ProcessDns`, where 2 is taken for ever. */
const dnsParentField = 2000;
const referencesField = 13;
const timeField = 1001;
const aggregationField = 1002;
const annotationsField = 2000;
const destinationNamesField = 2004;
const sequenceField = 2001;
const referencesTag = tag(referencesField, VARINT);
const referencesTagSize = varintSize(referencesTag);
const sequenceTag = tag(sequenceField, VARINT);
const noBytes = new Uint8Array(0);

/** For tags, lengths and numbers between what has its own. */
const leastRoom = 64;
/** Of the length of nearly every event: less than 16 KiB, and no less than 128 bytes. */
const usualLengthBytes = 2;

function writeEmpty(to: WireWriter, field: number): void {
  to.varint(tag(field, BYTES));
  to.varint(0);
}

function writePrefix(to: WireWriter, start: number): void {
  const { bytes } = to;
  const size = to.position - start - framePrefixBytes;
  bytes[start] = 0;
  bytes[start + 1] = size >>> 24;
  bytes[start + 2] = size >>> 16;
  bytes[start + 3] = size >>> 8;
  bytes[start + 4] = size;
}

/** What an event has besides its process and parent. */
function restOf(event: ExecEvent | ExitEvent | DnsEvent | FindingEvent | TestEvent): Uint8Array {
  if (event.type === EventType.EXEC) return noBytes;
  if (event.type === EventType.TEST) return encodeTest(event);
  if (event.type === EventType.DNS) return encodeDns(event);
  if (event.type === EventType.FINDING) return encodeFinding(event);
  if (event.signal === "" && event.status === 0) return noBytes;
  return new MessageBuilder().string(3, event.signal).uint(4, event.status).finish();
}

const billion = 1_000_000_000;

/** google.protobuf.Timestamp */
function writeTime(to: WireWriter, event: Event): void {
  const { timeLow: low, timeHigh: high } = event;
  if (low !== undefined && high !== undefined) {
    // A long division, 16 bits at a time: more would not fit into the 53 bits of a number.
    const upper = ((high >>> 0) % billion) * 0x1_0000 + (low >>> 16);
    const first = Math.floor(upper / billion);
    const lower = (upper - first * billion) * 0x1_0000 + (low & 0xffff);
    const second = Math.floor(lower / billion);
    const overflow = Math.floor((high >>> 0) / billion) * 0x1_0000_0000;
    writeTimestamp(to, overflow + first * 0x1_0000 + second, lower - second * billion);
  } else {
    const { timeNs } = event;
    writeTimestamp(to, Number(timeNs / 1_000_000_000n), Number(timeNs % 1_000_000_000n));
  }
}

function writeTimestamp(to: WireWriter, seconds: number, nanos: number): void {
  to.varint(timeTag);
  to.varint(1 + varintSize(seconds) + (nanos === 0 ? 0 : 1 + varintSize(nanos)));
  to.varint(secondsTag);
  to.varint(seconds);
  if (nanos === 0) return;
  to.varint(nanosTag);
  to.varint(nanos);
}

const timeTag = tag(timeField, BYTES);
const secondsTag = tag(1, VARINT);
const nanosTag = tag(2, VARINT);

/** What only few events have: for how many it stands, and what plugins said of it. */
function extrasOf({ aggregated, annotations, destinationNames }: Event): Uint8Array {
  if (aggregated === undefined && !annotations && !destinationNames) return noBytes;
  const message = new MessageBuilder();
  if (aggregated !== undefined)
    message.message(aggregationField, new MessageBuilder().uint(1, aggregated).finish());
  if (annotations) writeMap(message, annotationsField, annotations);
  for (const name of destinationNames ?? []) message.string(destinationNamesField, name);
  return message.finish();
}

function encodeFinding(finding: FindingEvent): Uint8Array {
  const message = new MessageBuilder()
    .string(3, finding.plugin)
    .string(4, finding.pluginVersion)
    .string(5, finding.name)
    .uint(6, finding.severity)
    .string(7, finding.message);
  if (finding.attributes) writeMap(message, 8, finding.attributes);
  return message.uint(9, finding.eventType).finish();
}

function encodeTest({ args }: TestEvent): Uint8Array {
  const message = new MessageBuilder();
  args.forEach((value, i) => {
    message.uint64(1 + i, value);
  });
  return message.finish();
}

/** map<string, string>: an entry message a pair. */
function writeMap(to: MessageBuilder, field: number, map: ReadonlyMap<string, string>): void {
  for (const [key, value] of map)
    to.message(field, new MessageBuilder().string(1, key).string(2, value).finish());
}
