import type { Readable } from "node:stream";
import type { guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import { toNumber } from "./numbers.js";

export interface UploadLimits {
  /** Of a module. */
  readonly bytes: number;
  /** From the first message to the last. */
  readonly timeMs: number;
  /** Uploads under way, those that wait to be validated included. */
  readonly atATime: number;
}

export const defaultUploadLimits: UploadLimits = {
  bytes: 4 * 1024 * 1024,
  timeMs: 60_000,
  atATime: 8,
};

export interface ReceivedModule {
  readonly header: guidestar.UploadPluginHeader.$Properties;
  readonly module: Uint8Array;
}

/** Reads an upload to its end. Throws if it is too big, too slow, or not what the API says. */
export async function receiveModule(call: Readable, limits: UploadLimits): Promise<ReceivedModule> {
  const slow = new GuidestarError(
    "FAILED_PRECONDITION",
    `the upload was not complete after ${limits.timeMs / 1000} s`,
  );
  const timer = setTimeout(() => call.destroy(slow), limits.timeMs);
  const receiver = new Receiver(limits.bytes);
  try {
    for await (const part of call) receiver.take(part as guidestar.UploadPluginRequest);
    return receiver.finish();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    throw new GuidestarError("CANCELLED", "the upload was cancelled", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

class Receiver {
  readonly #chunks: Uint8Array[] = [];
  #received = 0;
  #header: guidestar.UploadPluginHeader.$Properties | undefined;

  constructor(readonly mostBytes: number) {}

  take({ header, chunk, part }: guidestar.UploadPluginRequest): void {
    if (this.#header === undefined) {
      if (part !== "header" || header == null) throw invalid("the first message is not the header");
      if (toNumber(header.size) > this.mostBytes) throw this.#tooBig(toNumber(header.size));
      this.#header = header;
      return;
    }
    if (part === "header")
      throw invalid("there is a second header; send each module in its own call");
    if (chunk == null) throw invalid("a message is neither a header nor a piece of the module");
    this.#received += chunk.length;
    if (this.#received > this.mostBytes) throw this.#tooBig();
    this.#chunks.push(chunk);
  }

  finish(): ReceivedModule {
    if (this.#header === undefined) throw invalid("it is empty: a header and the module must come");
    if (this.#received === 0) throw invalid("there is a header, but no module behind it");
    const announced = toNumber(this.#header.size);
    if (announced !== 0 && announced !== this.#received) {
      throw invalid(`the header announces ${announced} bytes, but ${this.#received} came`);
    }
    return { header: this.#header, module: Buffer.concat(this.#chunks) };
  }

  #tooBig(bytes?: number): GuidestarError {
    return new GuidestarError(
      "RESOURCE_EXHAUSTED",
      `the module has ${bytes ?? "too many"} bytes; this daemon takes at most ${this.mostBytes}`,
    );
  }
}

function invalid(why: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", `the upload is not as it should be: ${why}`);
}
