import {
  CUT_CONTAINER_ID,
  CUT_EXEC_ID,
  KNOWN_AUID,
  KNOWN_CAPABILITIES,
  KNOWN_NAMESPACES,
  KNOWN_POD,
  KNOWN_UID,
  NAMESPACES,
  NO_PROCESS,
  PROCESS_ARGUMENTS,
  PROCESS_AUID,
  PROCESS_BYTES,
  PROCESS_CAP_EFFECTIVE,
  PROCESS_CAP_INHERITABLE,
  PROCESS_CAP_PERMITTED,
  PROCESS_CGROUP_ID,
  PROCESS_CONTAINER_ID,
  PROCESS_EGID,
  PROCESS_EUID,
  PROCESS_GID,
  PROCESS_KEY_NS,
  PROCESS_MORE_TEXTS,
  PROCESS_NAMESPACES,
  PROCESS_NS_PID,
  PROCESS_PARENT,
  PROCESS_PID,
  PROCESS_RESERVED,
  PROCESS_START_TIME_NS,
  PROCESS_STATE,
  PROCESS_TEXTS,
  PROCESS_UID,
  TEXT_BYTES,
} from "../../../plugins/sdk/abi.js";
import type { Pod, Process } from "../../events/model.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { writeCut } from "./writeCut.js";

/** Bytes that no process record exceeds. */
export const LARGEST_RECORD_BYTES =
  PROCESS_BYTES +
  PLUGIN_LIMITS.argumentsBytes +
  (PROCESS_TEXTS + PROCESS_MORE_TEXTS - 1) * PLUGIN_LIMITS.textBytes +
  8;

/** Processes that are remembered: more than one batch can hold, and a power of two. */
const FEWEST_SLOTS = 8192;
const MOST_SLOTS = 65_536;
/** End of a chain of slots. */
const END = -1;
/** Of the encoded records. */
const BYTES_A_SLOT = 384;
/** Which of the texts the arguments are. */
const ARGUMENTS = PROCESS_ARGUMENTS / TEXT_BYTES;

/**
 * Process records, each encoded once and kept as bytes for later batches.
 *
 * A process has a slot, a number that indexes the arrays here. Slots and bytes are both taken in rings:
 * what is old is overwritten, and made again should it be needed. So remembering a process costs no
 * object. When they have come round the rings grow, up to a bound: more processes may be alive than
 * they hold, and each would be encoded anew whenever it is its turn.
 */
export class ProcessRecords {
  /** The batch that holds the process, its index there, and its parent's (or NO_PROCESS). */
  batch = new Uint32Array(0);
  index = new Uint32Array(0);
  parentIndex = new Uint32Array(0);
  /** How many of its ancestors that batch was asked to hold. */
  levels = new Uint8Array(0);
  /** Bytes of the record with its texts, a multiple of 8. */
  size = new Uint32Array(0);
  /** Value of PROCESS_STATE. */
  state = new Uint32Array(0);

  private slots = FEWEST_SLOTS;
  private ringBytes = 0;
  /** A ring has come round since the last batch. */
  private isFull = false;
  /** Bytes ever written when the record was begun. */
  private start = new Float64Array(0);
  private owner: (Process | undefined)[] = [];
  /** The pod that the record tells of: a process may get one after its first events. */
  private pod: (Pod | undefined)[] = [];
  /** The arguments that the record tells: a plugin may replace them. */
  private given: string[] = [];
  /** Chains of slots by pid: a Map would cost more than all the rest. */
  private heads = new Int32Array(0);
  private next = new Int32Array(0);
  private nextSlot = 0;

  private bytes = Buffer.alloc(0);
  private words = new Uint32Array(0);
  private longs = new BigUint64Array(0);
  /** Bytes ever written; the place in the ring is this modulo its size. */
  private written = 0;
  /** Where the texts written last end in the ring. */
  private textEnd = 0;

  constructor() {
    this.allocate();
  }

  /** A new batch begins: slots that were given are no longer good. */
  begin(): void {
    if (!this.isFull) return;
    this.isFull = false;
    if (this.slots === MOST_SLOTS) return;
    this.slots *= 2;
    this.allocate();
  }

  private allocate(): void {
    const { slots } = this;
    this.ringBytes = slots * BYTES_A_SLOT;
    const buffer = new ArrayBuffer(this.ringBytes);
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
    this.longs = new BigUint64Array(buffer);
    this.batch = new Uint32Array(slots);
    this.index = new Uint32Array(slots);
    this.parentIndex = new Uint32Array(slots);
    this.levels = new Uint8Array(slots);
    this.size = new Uint32Array(slots);
    this.state = new Uint32Array(slots);
    this.start = new Float64Array(slots).fill(Number.NEGATIVE_INFINITY);
    this.owner = new Array(slots).fill(undefined);
    this.pod = new Array(slots).fill(undefined);
    this.given = new Array(slots).fill("");
    this.heads = new Int32Array(slots).fill(END);
    this.next = new Int32Array(slots).fill(END);
    this.nextSlot = 0;
    this.written = 0;
  }

  /** The slot of a process, its record ready to be copied. Good until the next call. */
  get(process: Process): number {
    let slot = this.heads[process.pid & (this.slots - 1)] as number;
    while (slot !== END && this.owner[slot] !== process) slot = this.next[slot] as number;
    if (slot === END) {
      slot = this.takeSlot(process);
    } else if (
      (this.start[slot] as number) >= this.written - this.ringBytes &&
      this.pod[slot] === process.pod &&
      this.given[slot] === process.arguments
    ) {
      return slot;
    }
    this.encode(process, slot);
    return slot;
  }

  /** Copies the record to the 32-bit words of a batch, at `word`. */
  copy(slot: number, target: Uint32Array, word: number): void {
    const { words } = this;
    const from = ((this.start[slot] as number) % this.ringBytes) >>> 2;
    const count = (this.size[slot] as number) >>> 2;
    for (let n = 0; n < count; n++) target[word + n] = words[from + n] as number;
  }

  private takeSlot(process: Process): number {
    const slot = this.nextSlot;
    this.nextSlot = (slot + 1) % this.slots;
    if (this.nextSlot === 0) this.isFull = true;
    const previous = this.owner[slot];
    if (previous !== undefined) this.unchain(slot, previous.pid & (this.slots - 1));
    const head = process.pid & (this.slots - 1);
    this.next[slot] = this.heads[head] as number;
    this.heads[head] = slot;
    this.owner[slot] = process;
    this.batch[slot] = 0;
    return slot;
  }

  private unchain(slot: number, head: number): void {
    const { heads, next } = this;
    if (heads[head] === slot) {
      heads[head] = next[slot] as number;
      return;
    }
    let before = heads[head] as number;
    while (next[before] !== slot) before = next[before] as number;
    next[before] = next[slot] as number;
  }

  private encode(process: Process, slot: number): void {
    let place = this.written % this.ringBytes;
    if (this.ringBytes - place < LARGEST_RECORD_BYTES) {
      this.written += this.ringBytes - place;
      place = 0;
      this.isFull = true;
    }
    let state = this.writeTexts(process, place) | this.writeMoreTexts(process, place);
    this.pod[slot] = process.pod;
    this.given[slot] = process.arguments;
    if (process.pod !== undefined) state |= KNOWN_POD;
    const { capabilities, namespaces } = process;
    if (process.uid !== undefined) state |= KNOWN_UID;
    if (process.auid !== undefined) state |= KNOWN_AUID;
    if (capabilities !== undefined) state |= KNOWN_CAPABILITIES;
    if (namespaces !== undefined) state |= KNOWN_NAMESPACES;
    const { words, longs } = this;
    const word = place >>> 2;
    const long = place >>> 3;
    words[word + PROCESS_PID / 4] = process.pid;
    words[word + PROCESS_PARENT / 4] = NO_PROCESS;
    longs[long + PROCESS_KEY_NS / 8] = process.keyNs;
    longs[long + PROCESS_START_TIME_NS / 8] = process.startTimeNs;
    longs[long + PROCESS_CGROUP_ID / 8] = process.cgroupId;
    longs[long + PROCESS_CAP_PERMITTED / 8] = capabilities?.permitted ?? 0n;
    longs[long + PROCESS_CAP_EFFECTIVE / 8] = capabilities?.effective ?? 0n;
    longs[long + PROCESS_CAP_INHERITABLE / 8] = capabilities?.inheritable ?? 0n;
    words[word + PROCESS_UID / 4] = process.uid ?? 0xffffffff;
    words[word + PROCESS_AUID / 4] = process.auid ?? 0xffffffff;
    for (let n = 0; n < NAMESPACES; n++) {
      words[word + PROCESS_NAMESPACES / 4 + n] = namespaces?.[n] ?? 0;
    }
    words[word + PROCESS_NS_PID / 4] = process.nsPid;
    words[word + PROCESS_EUID / 4] = process.euid ?? 0xffffffff;
    words[word + PROCESS_GID / 4] = process.gid ?? 0xffffffff;
    words[word + PROCESS_EGID / 4] = process.egid ?? 0xffffffff;
    words[word + PROCESS_STATE / 4] = state;
    words[word + PROCESS_RESERVED / 4] = 0;
    const size = (this.textEnd - place + 7) & ~7;
    this.start[slot] = this.written;
    this.size[slot] = size;
    this.state[slot] = state;
    this.written += size;
  }

  /** Writes the texts and the references to them; returns the CUT_* bits. */
  private writeTexts(p: Process, place: number): number {
    const all = p.execId + p.binary + p.arguments + p.cwd + p.flags + p.docker + p.cgroupName;
    if (all.length > PLUGIN_LIMITS.textBytes) return this.writeEachText(p, place);
    // Nearly always everything is short and ASCII, and goes in one piece: a character is a byte then.
    let at = place + PROCESS_BYTES;
    if (this.bytes.write(all, at, "utf8") !== all.length) return this.writeEachText(p, place);
    at = this.refer(place, at, p.execId.length);
    at = this.refer(place + TEXT_BYTES, at, p.binary.length);
    at = this.refer(place + 2 * TEXT_BYTES, at, p.arguments.length);
    at = this.refer(place + 3 * TEXT_BYTES, at, p.cwd.length);
    at = this.refer(place + 4 * TEXT_BYTES, at, p.flags.length);
    at = this.refer(place + 5 * TEXT_BYTES, at, p.docker.length);
    this.textEnd = this.refer(place + 6 * TEXT_BYTES, at, p.cgroupName.length);
    return 0;
  }

  private writeEachText(p: Process, place: number): number {
    const texts = [p.execId, p.binary, p.arguments, p.cwd, p.flags, p.docker, p.cgroupName];
    let state = 0;
    let at = place + PROCESS_BYTES;
    for (const [number, text] of texts.entries()) {
      const limit = number === ARGUMENTS ? PLUGIN_LIMITS.argumentsBytes : PLUGIN_LIMITS.textBytes;
      const { bytes, cut } = writeCut(this.bytes, text, at, limit);
      if (cut) state |= CUT_EXEC_ID << number;
      at = this.refer(place + number * TEXT_BYTES, at, bytes);
    }
    this.textEnd = at;
    return state;
  }

  /** The texts that most processes do not have; returns the CUT_* bits. */
  private writeMoreTexts(p: Process, place: number): number {
    const { pod, containerId = "", interpreter = "" } = p;
    const container = pod?.container;
    if (pod === undefined && containerId === "" && !interpreter) {
      this.words.fill(0, (place + PROCESS_CONTAINER_ID) >>> 2, (place + PROCESS_NS_PID) >>> 2);
      return 0;
    }
    const texts = [
      containerId,
      pod?.namespace ?? "",
      pod?.name ?? "",
      pod?.labels?.join("\n") ?? "",
      container?.name ?? "",
      container?.image.name ?? "",
      interpreter,
    ];
    let state = 0;
    let at = this.textEnd;
    for (const [number, text] of texts.entries()) {
      const { bytes, cut } = writeCut(this.bytes, text, at, PLUGIN_LIMITS.textBytes);
      if (cut) state |= CUT_CONTAINER_ID << number;
      at = this.refer(place + PROCESS_CONTAINER_ID + number * TEXT_BYTES, at, bytes);
    }
    this.textEnd = at;
    return state;
  }

  /** Writes a text reference; returns where the next text starts. */
  private refer(reference: number, at: number, bytes: number): number {
    this.words[reference >>> 2] = at - reference;
    this.words[(reference >>> 2) + 1] = bytes;
    return at + bytes;
  }
}
