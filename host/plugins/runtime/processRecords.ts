import {
  CUT_EXEC_ID,
  KNOWN_AUID,
  KNOWN_CAPABILITIES,
  KNOWN_NAMESPACES,
  KNOWN_UID,
  NAMESPACES,
  NO_PROCESS,
  PROCESS_AUID,
  PROCESS_BYTES,
  PROCESS_CAP_EFFECTIVE,
  PROCESS_CAP_INHERITABLE,
  PROCESS_CAP_PERMITTED,
  PROCESS_CGROUP_ID,
  PROCESS_KEY_NS,
  PROCESS_NAMESPACES,
  PROCESS_PARENT,
  PROCESS_PID,
  PROCESS_START_TIME_NS,
  PROCESS_STATE,
  PROCESS_TEXTS,
  PROCESS_UID,
  TEXT_BYTES,
} from "../../../plugins/sdk/abi.js";
import type { Process } from "../../events/model.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { writeCut } from "./writeCut.js";

/** A process as the packer knows it. */
export interface PackedProcess {
  /** Bytes ever written to the ring before this record. */
  start: number;
  /** Bytes of the record with its texts, a multiple of 8. */
  size: number;
  /** Value of PROCESS_STATE. */
  state: number;
  /** The batch that holds it, and its index there. For the packer. */
  batch: number;
  index: number;
  /** Index of its parent in that batch, or NO_PROCESS. */
  parentIndex: number;
  /** How many of its ancestors that batch was asked to hold. */
  levels: number;
}

/** Bytes that no process record exceeds. */
export const LARGEST_RECORD_BYTES =
  PROCESS_BYTES + PLUGIN_LIMITS.argumentsBytes + (PROCESS_TEXTS - 1) * PLUGIN_LIMITS.textBytes + 8;

/**
 * Process records, each encoded once and kept as bytes for later batches. They live in a ring of fixed
 * size: old ones are overwritten and encoded again if they are ever needed, so memory is bounded and
 * nothing is allocated for a record but its entry.
 */
export class ProcessRecords {
  private readonly bytes: Buffer;
  private readonly words: Uint32Array;
  private readonly longs: BigUint64Array;
  private readonly known = new WeakMap<Process, PackedProcess>();
  /** Bytes ever written; the place in the ring is this modulo its size. */
  private written = 0;

  constructor(private readonly ringBytes = 4 * 1024 * 1024) {
    if (ringBytes % 8 !== 0 || ringBytes < LARGEST_RECORD_BYTES) {
      throw new RangeError(`a ring of ${ringBytes} bytes cannot hold process records`);
    }
    const buffer = new ArrayBuffer(ringBytes);
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
    this.longs = new BigUint64Array(buffer);
  }

  /** The record of a process. Its bytes are sure to be there until the next call. */
  get(process: Process): PackedProcess {
    let packed = this.known.get(process);
    if (packed === undefined) {
      packed = {
        start: -1,
        size: 0,
        state: 0,
        batch: -1,
        index: 0,
        parentIndex: NO_PROCESS,
        levels: 0,
      };
      this.known.set(process, packed);
    } else if (packed.start >= this.written - this.ringBytes) {
      return packed;
    }
    this.encode(process, packed);
    return packed;
  }

  /** Copies the record to `target` at `at`. */
  copy(packed: PackedProcess, target: Uint8Array, at: number): void {
    const from = packed.start % this.ringBytes;
    this.bytes.copy(target, at, from, from + packed.size);
  }

  private encode(process: Process, packed: PackedProcess): void {
    let place = this.written % this.ringBytes;
    if (this.ringBytes - place < LARGEST_RECORD_BYTES) {
      this.written += this.ringBytes - place;
      place = 0;
    }
    let state = this.writeTexts(process, place);
    const end = this.textEnd;
    const word = place >>> 2;
    const long = place >>> 3;
    const { words, longs } = this;
    words[word + PROCESS_PID / 4] = process.pid;
    words[word + PROCESS_PARENT / 4] = NO_PROCESS;
    longs[long + PROCESS_KEY_NS / 8] = process.keyNs;
    longs[long + PROCESS_START_TIME_NS / 8] = process.startTimeNs;
    longs[long + PROCESS_CGROUP_ID / 8] = process.cgroupId;
    const capabilities = process.capabilities;
    longs[long + PROCESS_CAP_PERMITTED / 8] = capabilities?.permitted ?? 0n;
    longs[long + PROCESS_CAP_EFFECTIVE / 8] = capabilities?.effective ?? 0n;
    longs[long + PROCESS_CAP_INHERITABLE / 8] = capabilities?.inheritable ?? 0n;
    words[word + PROCESS_UID / 4] = process.uid ?? 0xffffffff;
    words[word + PROCESS_AUID / 4] = process.auid ?? 0xffffffff;
    const namespaces = process.namespaces;
    for (let n = 0; n < NAMESPACES; n++) {
      words[word + PROCESS_NAMESPACES / 4 + n] = namespaces?.[n] ?? 0;
    }
    if (process.uid !== undefined) state |= KNOWN_UID;
    if (process.auid !== undefined) state |= KNOWN_AUID;
    if (capabilities !== undefined) state |= KNOWN_CAPABILITIES;
    if (namespaces !== undefined) state |= KNOWN_NAMESPACES;
    words[word + PROCESS_STATE / 4] = state;
    words[word + PROCESS_STATE / 4 + 1] = 0;
    packed.start = this.written;
    packed.size = (end - place + 7) & ~7;
    packed.state = state;
    this.written += packed.size;
  }

  /** Where the texts written last end in the ring. */
  private textEnd = 0;

  /** Writes the texts and the references to them; returns the CUT_* bits. */
  private writeTexts(p: Process, place: number): number {
    const at = place + PROCESS_BYTES;
    const all = p.execId + p.binary + p.arguments + p.cwd + p.flags + p.docker + p.cgroupName;
    // Nearly always everything is short ASCII, and goes in one piece: a byte is a character then.
    if (all.length <= PLUGIN_LIMITS.textBytes) {
      const bytes = this.bytes.write(all, at, "utf8");
      if (bytes === all.length) {
        let position = at;
        position = this.refer(place, 0, position, p.execId.length);
        position = this.refer(place, 1, position, p.binary.length);
        position = this.refer(place, 2, position, p.arguments.length);
        position = this.refer(place, 3, position, p.cwd.length);
        position = this.refer(place, 4, position, p.flags.length);
        position = this.refer(place, 5, position, p.docker.length);
        this.textEnd = this.refer(place, 6, position, p.cgroupName.length);
        return 0;
      }
    }
    return this.writeEachText(p, place);
  }

  private writeEachText(p: Process, place: number): number {
    const texts = [p.execId, p.binary, p.arguments, p.cwd, p.flags, p.docker, p.cgroupName];
    let state = 0;
    let at = place + PROCESS_BYTES;
    for (const [number, text] of texts.entries()) {
      const limit = number === 2 ? PLUGIN_LIMITS.argumentsBytes : PLUGIN_LIMITS.textBytes;
      const { bytes, cut } = writeCut(this.bytes, text, at, limit);
      if (cut) state |= CUT_EXEC_ID << number;
      at = this.refer(place, number, at, bytes);
    }
    this.textEnd = at;
    return state;
  }

  /** Writes text reference `number` of the record at `place`; returns where the next text starts. */
  private refer(place: number, number: number, at: number, bytes: number): number {
    const reference = place + number * TEXT_BYTES;
    this.words[reference >>> 2] = at - reference;
    this.words[(reference >>> 2) + 1] = bytes;
    return at + bytes;
  }
}
