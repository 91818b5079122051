import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { GuidestarError } from "../errors.js";
import { formatHeader, type RecordingHeader } from "./recordingFormat.js";
import type { Source } from "./source.js";

const recordsPerBatch = 4096;
const waitMs = 250;

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

  async #copy(to: Writable): Promise<void> {
    to.write(formatHeader(this.header));
    for (;;) {
      const stopping = this.#stopped;
      const read = this.source.read(recordsPerBatch, (bytes, _view, offset, size) => {
        to.write(Buffer.from(bytes.subarray(offset, offset + size)));
        this.records++;
        this.bytes += size;
      });
      if (to.writableNeedDrain) await once(to, "drain");
      if (read > 0) continue;
      if (stopping) return;
      if ((await this.source.wait(waitMs)) === "ended") return;
    }
  }
}
