import {
  DNS_ANSWER_COUNT,
  DNS_ANSWER_TYPES,
  DNS_BYTES,
  DNS_CLIENT_PORT,
  DNS_FLAG_CUT,
  DNS_FLAG_RESPONSE,
  DNS_FLAG_TCP,
  DNS_FLAGS,
  DNS_ID,
  DNS_IP_COUNT,
  DNS_IPS,
  DNS_MESSAGE_BYTES,
  DNS_NAME_COUNT,
  DNS_NAMES,
  DNS_PROBLEM,
  DNS_QUERY,
  DNS_QUESTION_COUNT,
  DNS_QUESTION_TYPES,
  DNS_RCODE,
  DNS_SERVER,
  DNS_SERVER_PORT,
  DNS_SIZE,
  DNS_TID,
  EVENT_DETAIL,
  TEXT_BYTES,
} from "../../../plugins/sdk/abi.js";
import type { DnsEvent } from "../../events/model.js";
import { writeCut } from "./writeCut.js";

/** Names and addresses that a batch shows of one message, and types of records. */
const MOST_NAMES = 32;
const MOST_IPS = 64;
const MOST_TYPES = 256;
/** A name of the longest kind, all of it escaped. */
const MOST_TEXT = 1024;
const MOST_IP_TEXT = 48;

/** Bytes that one message needs at most. */
export const MOST_DNS_BYTES =
  DNS_BYTES +
  (MOST_NAMES + 2) * (MOST_TEXT + TEXT_BYTES) +
  (MOST_IPS + 1) * (MOST_IP_TEXT + TEXT_BYTES) +
  2 * 4 * MOST_TYPES +
  64;

/** Writes what DNS events have besides their processes. Makes sure of no room. */
export class DnsRecords {
  private readonly bytes: Buffer;
  private readonly words: Uint32Array;
  private used = 0;
  private isCut = false;

  constructor(buffer: ArrayBuffer) {
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
  }

  /** Writes the event record at `at` from `EVENT_DETAIL` on, and all that it refers to, behind it. */
  write({ dns, tid }: DnsEvent, at: number): number {
    const { message, names, ips } = dns;
    this.words.fill(0, (at + EVENT_DETAIL) >>> 2, (at + DNS_BYTES) >>> 2);
    this.used = at + DNS_BYTES;
    this.isCut = false;
    const number = (field: number, value: number) => {
      this.words[(at + field) >>> 2] = value;
    };
    number(DNS_SIZE, DNS_BYTES);
    number(DNS_RCODE, message.rcode);
    number(DNS_ID, message.id);
    number(DNS_SERVER_PORT, dns.server.port);
    number(DNS_CLIENT_PORT, dns.client.port);
    number(DNS_TID, tid);
    number(DNS_MESSAGE_BYTES, dns.bytes);
    const types = (of: readonly { readonly type: number }[]) => of.map(({ type }) => type);
    number(DNS_QUESTION_COUNT, this.numbers(at + DNS_QUESTION_TYPES, types(message.questions)));
    number(DNS_ANSWER_COUNT, this.numbers(at + DNS_ANSWER_TYPES, types(message.answers)));
    number(DNS_NAME_COUNT, this.texts(at + DNS_NAMES, names, MOST_NAMES, MOST_TEXT));
    number(DNS_IP_COUNT, this.texts(at + DNS_IPS, ips, MOST_IPS, MOST_IP_TEXT));
    this.text(at + DNS_QUERY, message.questions[0]?.name ?? "", MOST_TEXT);
    this.text(at + DNS_SERVER, dns.server.ip, MOST_IP_TEXT);
    this.text(at + DNS_PROBLEM, message.problem ?? "", MOST_TEXT);
    const flags = (message.response ? DNS_FLAG_RESPONSE : 0) | (dns.isTcp ? DNS_FLAG_TCP : 0);
    number(DNS_FLAGS, flags | (this.isCut ? DNS_FLAG_CUT : 0));
    return (this.used + 7) & ~7;
  }

  /** @returns how many there are. */
  private numbers(reference: number, all: readonly number[]): number {
    const count = Math.min(all.length, MOST_TYPES);
    if (count < all.length) this.isCut = true;
    if (count > 0) this.words[reference >>> 2] = this.used - reference;
    for (let n = 0; n < count; n++) this.words[(this.used >>> 2) + n] = all[n] as number;
    this.used = (this.used + 4 * count + 7) & ~7;
    return count;
  }

  private texts(reference: number, all: readonly string[], most: number, bytes: number): number {
    const count = Math.min(all.length, most);
    if (count < all.length) this.isCut = true;
    const start = (this.used + 7) & ~7;
    if (count > 0) this.words[reference >>> 2] = start - reference;
    this.used = start + count * TEXT_BYTES;
    for (let n = 0; n < count; n++) this.text(start + n * TEXT_BYTES, all[n] as string, bytes);
    return count;
  }

  private text(reference: number, text: string, most: number): void {
    const { bytes, cut } = writeCut(this.bytes, text, this.used, most);
    if (cut) this.isCut = true;
    this.words[reference >>> 2] = this.used - reference;
    this.words[(reference >>> 2) + 1] = bytes;
    this.used += bytes;
  }
}
