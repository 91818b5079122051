/**
 * DNS messages. A parser of our own: what comes is anybody's bytes, thousands of times a second, and
 * what is not needed is not read. What breaks off in the middle tells what was there up to then.
 */
import { DnsProblem, headerBytes, NameReader } from "./names.js";
import { dataText } from "./recordData.js";
import { RecordType } from "./types.js";

export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** As text, see `dataText`. */
  readonly data: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  /** The second 16 bits of the header, as they are. */
  readonly flags: number;
  /** With the part of it that EDNS adds. */
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  /** Of the answer section alone. */
  readonly answers: readonly DnsRecord[];
  /** Size that an EDNS record offers for answers; undefined: there is none. */
  readonly udpSize: number | undefined;
  /** What is wrong with it; undefined: nothing. */
  readonly problem: string | undefined;
}

export { headerBytes } from "./names.js";

/** A message with more has a problem; what comes first is told. */
const mostQuestions = 16;
const mostAnswers = 256;
/** Of authority and additional sections, where only EDNS is looked for. */
const mostOthers = 512;

type Draft = { -readonly [K in keyof DnsMessage]: DnsMessage[K] } & {
  questions: DnsQuestion[];
  answers: DnsRecord[];
};

/** Never throws. `bytes`: the whole message, without the length that TCP puts in front. */
export function parseMessage(bytes: Buffer): DnsMessage {
  const draft: Draft = {
    id: 0,
    response: false,
    flags: 0,
    rcode: 0,
    questions: [],
    answers: [],
    udpSize: undefined,
    problem: undefined,
  };
  try {
    read(bytes, draft);
  } catch (error) {
    // Nothing else is thrown on purpose; but no packet shall stop the events of all.
    draft.problem = error instanceof DnsProblem ? error.message : "it cannot be read";
  }
  return draft;
}

function read(bytes: Buffer, draft: Draft): void {
  if (bytes.length < headerBytes) throw new DnsProblem("it is shorter than the header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  draft.id = view.getUint16(0);
  draft.flags = view.getUint16(2);
  draft.response = draft.flags >= 0x8000;
  draft.rcode = draft.flags & 15;
  const names = new NameReader(bytes);
  let at = headerBytes;
  const questions = view.getUint16(4);
  for (let n = 0; n < questions; n++) {
    if (n >= mostQuestions) throw new DnsProblem(`it has ${questions} questions`);
    const { name, end } = names.read(at, bytes.length);
    if (end + 4 > bytes.length) throw new DnsProblem("a question does not end");
    draft.questions.push({ name, type: view.getUint16(end) });
    at = end + 4;
  }
  const answers = view.getUint16(6);
  for (let n = 0; n < answers; n++) {
    if (n >= mostAnswers) throw new DnsProblem(`it has ${answers} answers`);
    at = readRecord(names, view, at, draft, true);
  }
  const others = view.getUint16(8) + view.getUint16(10);
  for (let n = 0; n < others; n++) {
    if (n >= mostOthers) throw new DnsProblem(`it has ${others} additional records`);
    at = readRecord(names, view, at, draft, false);
  }
  if (at < bytes.length) throw new DnsProblem(`${bytes.length - at} bytes follow its end`);
}

/** Returns where the next one begins. */
function readRecord(
  names: NameReader,
  view: DataView,
  at: number,
  draft: Draft,
  isAnswer: boolean,
): number {
  const { name, end } = names.read(at, view.byteLength);
  if (end + 10 > view.byteLength) throw new DnsProblem("a record does not end");
  const type = view.getUint16(end);
  const ttl = view.getUint32(end + 4);
  const start = end + 10;
  const next = start + view.getUint16(end + 8);
  if (next > view.byteLength) throw new DnsProblem("the data of a record does not end");
  if (type === RecordType.OPT) {
    draft.udpSize = view.getUint16(end + 2);
    draft.rcode = (draft.flags & 15) | ((ttl >>> 24) << 4);
  } else if (isAnswer) {
    draft.answers.push({ name, type, ttl, data: dataText(type, names, view, start, next) });
  }
  return next;
}
