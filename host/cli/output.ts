/** Standard output and standard error of the client commands. */
import type { Writable } from "node:stream";
import { GuidestarError } from "../errors.js";
import { ExitRequest, exitCodes } from "./exit.js";

const flushLength = 64 * 1024;

/**
 * Lines for standard output, gathered into few writes. A reader that goes away (`| head`) ends the
 * command quietly; a disk that is full ends it with an error.
 */
export class LineWriter {
  private text = "";
  private flushing: NodeJS.Immediate | undefined;
  private readonly failure = new AbortController();

  constructor(private readonly stream: Writable = process.stdout) {
    stream.on("error", (error) => this.fail(error));
  }

  /** Aborted, with the error to throw as its reason, when nothing can be written any more. */
  get failed(): AbortSignal {
    return this.failure.signal;
  }

  /** Queues a line. */
  line(text: string): void {
    this.failed.throwIfAborted();
    this.text += `${text}\n`;
    if (this.text.length >= flushLength) this.flush();
    else this.flushing ??= setImmediate(() => this.flush());
  }

  /** Hands over what is queued, so that it stands before anything written elsewhere after it. */
  flush(): void {
    if (this.flushing !== undefined) clearImmediate(this.flushing);
    this.flushing = undefined;
    if (this.text === "") return;
    this.stream.write(this.text, (error) => this.fail(error));
    this.text = "";
  }

  /** Whether the reader is behind: then wait for `drained` before making more. */
  get isFull(): boolean {
    return this.stream.writableNeedDrain;
  }

  /** Resolves when everything is written; rejects if that failed. */
  async drained(): Promise<void> {
    this.flush();
    // The callback of an empty write comes after all writes before it.
    await new Promise<void>((resolve) => {
      this.stream.write("", (error) => {
        this.fail(error);
        resolve();
      });
    });
    this.failed.throwIfAborted();
  }

  private fail(error: NodeJS.ErrnoException | null | undefined): void {
    if (error) this.failure.abort(writeFailure(error));
  }
}

/** Writes a whole text, and a newline, to standard output. */
export async function print(text: string): Promise<void> {
  const writer = new LineWriter();
  writer.line(text);
  await writer.drained();
}

/** Says something on standard error: one line, with the program's name in front. */
export function say(text: string): void {
  process.stderr.write(`guidestar: ${text}\n`);
}

function writeFailure(error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") {
    return new ExitRequest(exitCodes.ok);
  }
  const message = `cannot write to standard output: ${error.message}`;
  return new GuidestarError("INTERNAL", message, { cause: error });
}
