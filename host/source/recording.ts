import { GuidestarError } from "../errors.js";
import { Pace } from "./pace.js";
import { openRecording } from "./recordingFile.js";
import type { RecordingHeader } from "./recordingFormat.js";
import type { RecordingSpec } from "./recordingSpec.js";
import { enumerator, offsetOf, sizeOf } from "./recordLayout.js";
import type { RecordLayout, RecordVisitor, Source, SourceLosses } from "./source.js";

/** Plays a recording through the same interface as the live kernel: no root, no eBPF. */
export class RecordingSource implements Source {
  readonly name: string;
  readonly layout: RecordLayout;
  readonly bootToWallNs: bigint;
  readonly keepsRecords = true;
  readonly #pace: Pace;
  readonly #sizeOffset: number;
  readonly #fields: ReturnType<typeof fieldsOf>;
  readonly #headerSize: number;
  #chunks: AsyncIterator<Buffer>;
  #rest: Buffer;
  #view: DataView;
  #at = 0;
  #filePosition: number;
  #playsLeft: number;
  #started: boolean;
  #atEnd = false;
  #closed = false;

  private constructor(
    readonly spec: RecordingSpec,
    readonly header: RecordingHeader,
    chunks: AsyncIterator<Buffer>,
    rest: Buffer,
    headerBytes: number,
  ) {
    this.name = `recording:${spec.file}`;
    this.layout = header.layout;
    this.bootToWallNs = BigInt(header.bootToWallNs);
    this.#sizeOffset = offsetOf(this.layout, "gs_header", "size");
    this.#fields = fieldsOf(this.layout);
    this.#headerSize = sizeOf(this.layout, "gs_header");
    this.#chunks = chunks;
    this.#rest = rest;
    this.#view = viewOf(rest);
    this.#filePosition = headerBytes;
    this.#playsLeft = spec.repeat;
    this.#pace = new Pace(spec);
    this.#started = spec.start === "now";
  }

  /** @throws GuidestarError if the file cannot be read or is no recording. */
  static async open(spec: RecordingSpec): Promise<RecordingSource> {
    const { header, chunks, rest, headerBytes } = await openRecording(spec.file);
    return new RecordingSource(spec, header, chunks, rest, headerBytes);
  }

  /** Lets a recording with `start: "stream"` begin. */
  start(): void {
    this.#started = true;
  }

  read(maxRecords: number, visit: RecordVisitor): number {
    let count = 0;
    while (this.#started && !this.#closed && count < maxRecords) {
      const size = this.#nextSize();
      if (size === 0) break;
      if (!this.#pace.due(this.#timeNs())) break;
      visit(this.#rest, this.#view, this.#at, size);
      this.#at += size;
      this.#filePosition += size;
      this.#pace.played();
      count++;
    }
    return count;
  }

  async wait(timeoutMs: number): Promise<"ready" | "timeout" | "ended"> {
    if (this.#closed || this.#atEnd) return "ended";
    if (!this.#started) {
      await sleep(Math.min(timeoutMs, 20));
      return "timeout";
    }
    if (this.#nextSize() > 0) {
      const waitMs = this.#pace.dueInMs(this.#timeNs());
      if (waitMs > 0) await sleep(Math.min(waitMs, timeoutMs));
      return waitMs > timeoutMs ? "timeout" : "ready";
    }
    return (await this.#fill()) ? "ready" : "ended";
  }

  losses(): SourceLosses {
    return { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#chunks.return?.();
  }

  /** Of the next record; undefined: it was read from /proc, and has the time of a process's start. */
  #timeNs(): bigint | undefined {
    const { time, type, flags, isExec, isProcess, procfs } = this.#fields;
    const kind = this.#view.getUint16(this.#at + type, true);
    if (kind === isProcess) return undefined;
    if (kind === isExec && (this.#view.getUint32(this.#at + flags, true) & procfs) !== 0)
      return undefined;
    return this.#view.getBigUint64(this.#at + time, true);
  }

  /** Size of the next record if all of it is here, else 0. */
  #nextSize(): number {
    if (this.#rest.length - this.#at < this.#headerSize) return 0;
    const size = this.#view.getUint32(this.#at + this.#sizeOffset, true);
    if (size < this.#headerSize || size > maxRecordBytes)
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${this.spec.file}: damaged at byte ${this.#filePosition}: a record cannot have ${size} bytes`,
      );
    return size <= this.#rest.length - this.#at ? size : 0;
  }

  /** Gets the next piece of the file, or its first again. @returns false at the very end. */
  async #fill(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (this.#closed) return false;
    if (!next.done) {
      this.#keep(Buffer.concat([this.#rest.subarray(this.#at), next.value]));
      return true;
    }
    const cut = this.#rest.length - this.#at;
    if (cut > 0)
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${this.spec.file}: ends in the middle of a record, ${cut} bytes after byte ${this.#filePosition}`,
      );
    if (--this.#playsLeft <= 0) {
      this.#atEnd = true;
      return false;
    }
    const again = await openRecording(this.spec.file);
    this.#chunks = again.chunks;
    this.#filePosition = again.headerBytes;
    this.#pace.rewind();
    this.#keep(again.rest);
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#rest = bytes;
    this.#view = viewOf(bytes);
    this.#at = 0;
  }
}

const maxRecordBytes = 1 << 20;

/** What tells when a record is due. */
function fieldsOf(layout: RecordLayout) {
  return {
    time: offsetOf(layout, "gs_header", "time_ns"),
    type: offsetOf(layout, "gs_header", "type"),
    flags: offsetOf(layout, "gs_exec", "flags"),
    isExec: enumerator(layout, "gs_record_type", "GS_RECORD_EXEC"),
    isProcess: enumerator(layout, "gs_record_type", "GS_RECORD_PROCESS"),
    procfs: enumerator(layout, "gs_process_flag", "GS_FLAG_PROCFS"),
  };
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
