import { HookEncoder } from "./hook/hookEncoder.js";
import { MessageBuilder } from "./messageBuilder.js";
import {
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
import { BYTES, bytesFieldSize, tag, VARINT, varintSize, type WireWriter } from "./wire.js";

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
 * and copied from then on; sizes are known before anything is written, so nothing is moved.
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
    // The API knows no process of a test event.
    const hasProcess = event.type !== EventType.TEST;
    const process = hasProcess ? this.#process(event.process as CachedProcess) : nothing;
    const isHook = isHookEvent(event);
    // Of a call the parent is told even if nothing is known of it.
    const unknownParent = isHook ? nothing : undefined;
    const parent =
      hasProcess && event.parent ? this.#process(event.parent as CachedProcess) : unknownParent;
    const ancestors = this.#ancestors(event);
    const rest = isHook ? this.#hooks.encode(event) : restOf(event);
    const ancestorsField = ancestorsFields[event.type];
    let bodySize =
      (hasProcess ? bytesFieldSize(1, process.size) : 0) +
      (parent ? bytesFieldSize(2, parent.size) : 0) +
      rest.length;
    for (const { size } of ancestors) bodySize += bytesFieldSize(ancestorsField, size);
    const time = timestamp(event.timeNs);
    const extras = extrasOf(event);
    const size =
      bytesFieldSize(oneofField[event.type], bodySize) +
      this.#nodeName.length +
      bytesFieldSize(timeField, time.size) +
      extras.length +
      sequenceTagSize +
      varintSize(event.sequence);

    to.reserve(framePrefixBytes + size);
    to.bytes[to.position] = 0;
    to.bytes.writeUInt32BE(size, to.position + 1);
    to.position += framePrefixBytes;
    to.varint(tag(oneofField[event.type], BYTES));
    to.varint(bodySize);
    if (hasProcess) writeProcess(to, 1, process);
    if (parent) writeProcess(to, 2, parent);
    for (const ancestor of ancestors) writeProcess(to, ancestorsField, ancestor);
    to.raw(rest);
    to.raw(this.#nodeName);
    writeTimestamp(to, time);
    to.raw(extras);
    to.varint(tag(sequenceField, VARINT));
    to.varint(event.sequence);
  }

  /** Those beyond the parent, nearest first. */
  #ancestors(event: Event): readonly Spliced[] {
    if (this.#options.ancestors !== true || ancestorsFields[event.type] === 0) return none;
    const ancestors: Spliced[] = [];
    for (
      let next = event.parent?.parent;
      next && ancestors.length < maxAncestorsShown;
      next = next.parent
    )
      ancestors.push(this.#process(next as CachedProcess));
    return ancestors;
  }

  #process(process: CachedProcess): Spliced {
    process.wire ??= encodeProcess(process, this.#options);
    // Who makes processes by hand counts none.
    const references = process.references ?? 0;
    const size =
      process.wire.length + (references === 0 ? 0 : referencesTagSize + varintSize(references));
    return { wire: process.wire, references, size };
  }
}

const oneofField = {
  [EventType.EXEC]: 1,
  [EventType.EXIT]: 5,
  [EventType.FINDING]: 2003,
  [EventType.KPROBE]: 9,
  [EventType.TRACEPOINT]: 10,
  [EventType.TEST]: 40_000,
} as const;
const ancestorsFields = {
  [EventType.EXEC]: 3,
  [EventType.EXIT]: 2000,
  // These have no ancestors.
  [EventType.FINDING]: 0,
  [EventType.TEST]: 0,
  [EventType.KPROBE]: 2013,
  [EventType.TRACEPOINT]: 2011,
} as const;
const referencesField = 13;
const timeField = 1001;
const aggregationField = 1002;
const annotationsField = 2000;
const destinationNamesField = 2004;
const sequenceField = 2001;
const referencesTagSize = varintSize(tag(referencesField, VARINT));
const sequenceTagSize = varintSize(tag(sequenceField, VARINT));
const noBytes = new Uint8Array(0);
const none: readonly Spliced[] = [];

interface Spliced {
  readonly wire: Uint8Array;
  readonly references: number;
  readonly size: number;
}

const nothing: Spliced = { wire: noBytes, references: 0, size: 0 };

function writeProcess(to: WireWriter, field: number, process: Spliced): void {
  to.varint(tag(field, BYTES));
  to.varint(process.size);
  to.raw(process.wire);
  if (process.references === 0) return;
  to.varint(tag(referencesField, VARINT));
  to.varint(process.references);
}

/** What an event has besides its process and parent. */
function restOf(event: ExecEvent | ExitEvent | FindingEvent | TestEvent): Uint8Array {
  if (event.type === EventType.EXEC) return noBytes;
  if (event.type === EventType.TEST) return encodeTest(event);
  if (event.type === EventType.FINDING) return encodeFinding(event);
  if (event.signal === "" && event.status === 0) return noBytes;
  return new MessageBuilder().string(3, event.signal).uint(4, event.status).finish();
}

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
  readonly size: number;
}

function timestamp(ns: bigint): Timestamp {
  const seconds = Number(ns / 1_000_000_000n);
  const nanos = Number(ns % 1_000_000_000n);
  const size = 1 + varintSize(seconds) + (nanos === 0 ? 0 : 1 + varintSize(nanos));
  return { seconds, nanos, size };
}

function writeTimestamp(to: WireWriter, time: Timestamp): void {
  to.varint(tag(timeField, BYTES));
  to.varint(time.size);
  to.varint(tag(1, VARINT));
  to.varint(time.seconds);
  if (time.nanos === 0) return;
  to.varint(tag(2, VARINT));
  to.varint(time.nanos);
}

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
