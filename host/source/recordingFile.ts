import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { GuidestarError } from "../errors.js";
import { parseHeader, type RecordingHeader } from "./recordingFormat.js";

/** A recording opened behind its header: the bytes at hand, and the pieces that follow. */
export interface OpenRecording {
  readonly header: RecordingHeader;
  readonly headerBytes: number;
  readonly rest: Buffer;
  readonly chunks: AsyncIterator<Buffer>;
}

const chunkBytes = 1 << 20;

/** @throws GuidestarError if the file cannot be read or is no recording. */
export async function openRecording(file: string): Promise<OpenRecording> {
  const chunks = readChunks(file);
  try {
    return await readHeader(file, chunks);
  } catch (error) {
    await chunks.return(undefined);
    throw error;
  }
}

async function readHeader(
  file: string,
  chunks: AsyncGenerator<Buffer, undefined>,
): Promise<OpenRecording> {
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await chunks.next();
    } catch (error) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `cannot read ${file}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
    if (!next.done) rest = Buffer.concat([rest, next.value]);
    const parsed = parseHeader(rest, file);
    if (parsed)
      return {
        header: parsed.header,
        chunks,
        rest: rest.subarray(parsed.size),
        headerBytes: parsed.size,
      };
    if (next.done)
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${file} is not a recording: it ends in its header`,
      );
  }
}

async function* readChunks(file: string): AsyncGenerator<Buffer, undefined> {
  const handle = await open(file);
  try {
    const raw = handle.createReadStream({ highWaterMark: chunkBytes, autoClose: false });
    const content = (await isGzip(handle))
      ? raw.pipe(createGunzip({ chunkSize: chunkBytes }))
      : raw;
    raw.on("error", (error) => content.destroy(error));
    for await (const chunk of content as Readable) yield chunk as Buffer;
  } finally {
    await handle.close();
  }
  return undefined;
}

async function isGzip(handle: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(2);
  await handle.read(start, 0, 2, 0);
  return start[0] === 0x1f && start[1] === 0x8b;
}
