import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { GuidestarError } from "../errors.js";
import { Decoder } from "../events/decoder.js";
import { ProcessCache } from "../events/processCache.js";
import { formatHeader, type RecordingHeader } from "./recordingFormat.js";
import type { Source } from "./source.js";

const recordsPerBatch = 4096;
const waitMs = 250;
const rememberedProcesses = 65_536;

/** Writes the raw records of a source into a file until the source ends or `stop` is called. */
export class Recorder {
  #stopped = false;
  records = 0;
  bytes = 0;

  constructor(
    readonly source: Source,
    readonly file: string,
    readonly header: RecordingHeader,
  ) {}

  /** Ends the recording after what is in the ring now. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * @throws GuidestarError if the file cannot be written (disk full, no permission): what was
   * written up to then can be played.
   */
  async run(): Promise<void> {
    const output = createWriteStream(this.file);
    const head: Writable = this.file.endsWith(".gz") ? createGzip() : output;
    const finished =
      head === output ? undefined : pipeline(head as NodeJS.ReadWriteStream & Writable, output);
    finished?.catch(() => {});
    try {
      await Promise.race([
        this.#copy(head),
        once(output, "error").then(([e]) => Promise.reject(e)),
      ]);
      head.end();
      await (finished ?? once(output, "close"));
    } catch (error) {
      output.destroy();
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `cannot write the recording ${this.file}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /**
   * Knows of which processes nothing was recorded. Who plays the recording cannot ask for them, so
   * what is found of them is written too. undefined: there is nobody to ask.
   */
  #decoder(write: (record: Buffer) => void): Decoder | undefined {
    const { source } = this;
    if (!source.lookUp) return undefined;
    const lookUp = (pid: number, keyNs: bigint) => {
      const found = source.lookUp?.(pid, keyNs);
      if (found) write(Buffer.from(found));
      return found;
    };
    const cache = new ProcessCache(rememberedProcesses);
    const { layout, bootToWallNs } = source;
    return new Decoder({ layout, cache, nodeName: "", bootToWallNs, lookUp });
  }

  async #copy(to: Writable): Promise<void> {
    to.write(formatHeader(this.header));
    const write = (record: Buffer) => {
      to.write(record);
      this.records++;
      this.bytes += record.length;
    };
    const decoder = this.#decoder(write);
    for (;;) {
      const stopping = this.#stopped;
      const read = this.source.read(recordsPerBatch, (bytes, view, offset, size) => {
        // What it asks for comes before the record that made it ask.
        decoder?.decode(bytes, view, offset, size);
        write(Buffer.from(bytes.subarray(offset, offset + size)));
      });
      if (to.writableNeedDrain) await once(to, "drain");
      if (read > 0) continue;
      if (stopping) return;
      if ((await this.source.wait(waitMs)) === "ended") return;
    }
  }
}
