import {
  DNS_ANSWER_COUNT,
  DNS_ANSWER_TYPES,
  DNS_CLIENT_PORT,
  DNS_FLAG_CUT,
  DNS_FLAG_RESPONSE,
  DNS_FLAG_TCP,
  DNS_FLAGS,
  DNS_ID,
  DNS_IPS,
  DNS_MESSAGE_BYTES,
  DNS_NAMES,
  DNS_PROBLEM,
  DNS_QUERY,
  DNS_QUESTION_COUNT,
  DNS_QUESTION_TYPES,
  DNS_RCODE,
  DNS_SERVER,
  DNS_SERVER_PORT,
  DNS_TID,
} from "./abi";
import { Texts } from "./lists";
import { follow } from "./reference";
import { Text } from "./text";

/** Types of records that names are asked for; `Dns.questionType` may be any other number too. */
export enum DnsType {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  SRV = 33,
  SVCB = 64,
  HTTPS = 65,
  ANY = 255,
}

/** Numbers such as types of records. A reference, and behind it how many there are. */
@unmanaged
export class Numbers {
  [key: number]: u32; // for TypeScript, which does not know the operator

  get length(): i32 {
    return load<i32>(changetype<usize>(this), 4);
  }

  @operator("[]")
  at(index: i32): u32 {
    if (<u32>index >= <u32>this.length) throw new Error("there is no such number");
    return load<u32>(follow(changetype<usize>(this)) + ((<usize>index) << 2));
  }

  has(number: u32): bool {
    const count = this.length;
    for (let n = 0; n < count; ++n) if (this[n] == number) return true;
    return false;
  }
}

/** A DNS message that the process sent, or the answer to one. Only good until `onEvent` returns. */
@unmanaged
export class Dns {
  /** The name asked for, with a dot at its end: `example.org.` */
  get query(): Text {
    return changetype<Text>(changetype<usize>(this) + DNS_QUERY);
  }

  /** Names asked for, and those that the answer leads to. */
  get names(): Texts {
    return changetype<Texts>(changetype<usize>(this) + DNS_NAMES);
  }

  /** Addresses in the answer. */
  get ips(): Texts {
    return changetype<Texts>(changetype<usize>(this) + DNS_IPS);
  }

  /** It is an answer; else a question. */
  get isResponse(): bool {
    return (this.number(DNS_FLAGS) & DNS_FLAG_RESPONSE) != 0;
  }

  get isTcp(): bool {
    return (this.number(DNS_FLAGS) & DNS_FLAG_TCP) != 0;
  }

  /** Not all names, addresses and types of the message can be seen here. */
  get isCut(): bool {
    return (this.number(DNS_FLAGS) & DNS_FLAG_CUT) != 0;
  }

  /** Response code: 0 no error, 2 the server failed, 3 there is no such name. */
  get rcode(): u32 {
    return this.number(DNS_RCODE);
  }

  /** Number of the message: an answer has that of its question. */
  get id(): u32 {
    return this.number(DNS_ID);
  }

  /** A `DnsType` or another number; 0: there is no question. */
  get questionType(): u32 {
    return this.number(DNS_QUESTION_COUNT) == 0 ? 0 : this.questionTypes[0];
  }

  get questionTypes(): Numbers {
    return changetype<Numbers>(changetype<usize>(this) + DNS_QUESTION_TYPES);
  }

  get answerTypes(): Numbers {
    return changetype<Numbers>(changetype<usize>(this) + DNS_ANSWER_TYPES);
  }

  get answerCount(): u32 {
    return this.number(DNS_ANSWER_COUNT);
  }

  /** Address of the name server. */
  get server(): Text {
    return changetype<Text>(changetype<usize>(this) + DNS_SERVER);
  }

  get serverPort(): u32 {
    return this.number(DNS_SERVER_PORT);
  }

  get clientPort(): u32 {
    return this.number(DNS_CLIENT_PORT);
  }

  /** The thread that asked. */
  get tid(): u32 {
    return this.number(DNS_TID);
  }

  /** Bytes of the message. */
  get messageBytes(): u32 {
    return this.number(DNS_MESSAGE_BYTES);
  }

  /** What is wrong with the message; empty: nothing. */
  get problem(): Text {
    return changetype<Text>(changetype<usize>(this) + DNS_PROBLEM);
  }

  private number(field: usize): u32 {
    return load<u32>(changetype<usize>(this) + field);
  }
}
