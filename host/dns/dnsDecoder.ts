/** Records of DNS packets into events, and what answers say into the cache of names. */
import { addressText } from "../events/hook/addresses.js";
import { type DnsData, type DnsEvent, EventType } from "../events/model.js";
import type { CachedProcess } from "../events/process.js";
import type { RecordLayout } from "../source/source.js";
import { type DnsFields, dnsFields } from "./dnsFields.js";
import { type DnsMessage, parseMessage } from "./message.js";
import type { NameCache } from "./nameCache.js";
import { addressesOf, ipsIn, namesIn } from "./summary.js";
import { TcpStreams } from "./tcpStreams.js";

/** What became of DNS, since start. */
export interface DnsCounts {
  readonly messages: number;
  /** Of these, those with a problem. */
  readonly malformed: number;
  /** TCP connections, each direction by itself, that could not be followed to their end. */
  readonly givenUp: number;
  /** Addresses whose names are known now. */
  readonly names: number;
}

/** What the decoder of all records lends to this one. */
export interface DnsDecoderHost {
  readonly bootToWallNs: bigint;
  asker(pid: number, keyNs: bigint): CachedProcess;
}

export class DnsDecoder {
  readonly #fields: DnsFields;
  readonly #names: NameCache;
  readonly #streams = new TcpStreams();
  #messages = 0;
  #malformed = 0;

  private constructor(fields: DnsFields, names: NameCache) {
    this.#fields = fields;
    this.#names = names;
  }

  /** Undefined for a recording from before DNS was told of. */
  static for(layout: RecordLayout, names: NameCache): DnsDecoder | undefined {
    const fields = dnsFields(layout);
    return fields && new DnsDecoder(fields, names);
  }

  get counts(): DnsCounts {
    return {
      messages: this.#messages,
      malformed: this.#malformed,
      givenUp: this.#streams.givenUp,
      names: this.#names.size,
    };
  }

  takes(type: number): boolean {
    return type === this.#fields.type;
  }

  /** Appends the events that the record completes. @returns false if it is no such record. */
  decode(
    host: DnsDecoderHost,
    bytes: Uint8Array,
    view: DataView,
    at: number,
    size: number,
    events: DnsEvent[],
  ): boolean {
    const of = this.#fields;
    if (size < of.end) return false;
    const length = view.getUint32(at + of.size, true);
    if (of.end + length > size) return false;
    const flags = view.getUint16(at + of.flags, true);
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset + at + of.end, length);
    const add = (message: DnsMessage, messageBytes: number) =>
      events.push(this.#event(host, view, at, message, messageBytes));
    if ((flags & of.is.tcp) !== 0) {
      this.#stream(view, at, flags, payload, (message) =>
        add(parseMessage(message), message.length),
      );
      return true;
    }
    const total = view.getUint32(at + of.total, true);
    add(problemOf(parseMessage(payload), length, total), total);
    return true;
  }

  #stream(
    view: DataView,
    at: number,
    flags: number,
    bytes: Buffer,
    visit: (message: Buffer) => void,
  ): void {
    const of = this.#fields;
    const offset = view.getUint32(at + of.offset, true);
    const starts = (flags & of.is.starts) !== 0;
    const end = offset + bytes.length;
    const piece = {
      socket: view.getBigUint64(at + of.socket, true),
      isAnswer: (flags & of.is.answer) !== 0,
      // The number of a SYN counts as a byte.
      sequence: (view.getUint32(at + of.sequence, true) + (starts ? 1 : 0) + offset) | 0,
      bytes,
      starts: starts && offset === 0,
      ends: (flags & of.is.ends) !== 0 && end >= view.getUint32(at + of.total, true),
    };
    this.#streams.add(piece, visit);
  }

  #event(
    host: DnsDecoderHost,
    view: DataView,
    at: number,
    message: DnsMessage,
    bytes: number,
  ): DnsEvent {
    const of = this.#fields;
    this.#messages++;
    if (message.problem !== undefined) this.#malformed++;
    const timeNs = view.getBigUint64(at + of.time, true) + host.bootToWallNs;
    const pid = view.getUint32(at + of.pid, true);
    const process = host.asker(pid, view.getBigUint64(at + of.key, true));
    this.#learn(view.getUint32(at + of.netNs, true), message, timeNs);
    return {
      type: EventType.DNS,
      sequence: 0,
      timeNs,
      process,
      parent: process.parent,
      annotations: undefined,
      tid: view.getUint32(at + of.tid, true),
      dns: this.#data(view, at, message, bytes),
    };
  }

  #data(view: DataView, at: number, message: DnsMessage, bytes: number): DnsData {
    const of = this.#fields;
    const flags = view.getUint16(at + of.flags, true);
    const family = view.getUint16(at + of.family, true);
    const source = {
      ip: addressText(view, at + of.source, family),
      port: view.getUint16(at + of.sourcePort, true),
    };
    const destination = {
      ip: addressText(view, at + of.destination, family),
      port: view.getUint16(at + of.destinationPort, true),
    };
    const isAnswer = (flags & of.is.answer) !== 0;
    return {
      message,
      bytes,
      isTcp: (flags & of.is.tcp) !== 0,
      server: isAnswer ? source : destination,
      client: isAnswer ? destination : source,
      names: namesIn(message),
      ips: ipsIn(message),
    };
  }

  #learn(netNs: number, message: DnsMessage, timeNs: bigint): void {
    if (!message.response || message.answers.length === 0 || netNs === 0) return;
    const { name, addresses } = addressesOf(message);
    for (const { ip, ttlSeconds } of addresses)
      this.#names.learn(netNs, ip, name, ttlSeconds, timeNs);
  }
}

/** Of a packet of which the kernel programs sent but the start, that is the problem. */
function problemOf(message: DnsMessage, seen: number, total: number): DnsMessage {
  if (seen === total) return message;
  const problem =
    seen === 0
      ? "the kernel did not hand it over"
      : `only the first ${seen} of ${total} bytes were seen`;
  return { ...message, problem };
}
