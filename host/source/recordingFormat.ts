/**
 * The recording file: the line `guidestar recording 1`, a line of JSON (`RecordingHeader`), then raw
 * records back to back, each as the kernel wrote it. All of it may be gzipped; a reader tells by
 * the first two bytes, a writer by the name's ending `.gz`.
 */
import { GuidestarError } from "../errors.js";
import type { RecordLayout } from "./source.js";

export const magicLine = "guidestar recording 1";

export interface RecordingHeader {
  /** Records are read by the layout of the object that wrote them. */
  readonly layout: RecordLayout;
  /** Decimal; JSON numbers end at 2^53. */
  readonly bootToWallNs: string;
  readonly nodeName: string;
  readonly kernel: string;
  readonly version: string;
  /** When recording began, ISO 8601. */
  readonly recorded: string;
  readonly scope: string;
  /** Of the recorded machine, in the order of `namespaceNames`; older recordings lack it. */
  readonly hostNamespaces?: readonly number[];
}

export function formatHeader(header: RecordingHeader): Buffer {
  return Buffer.from(`${magicLine}\n${JSON.stringify(header)}\n`);
}

/**
 * Reads the header at the start of `bytes`.
 * @returns undefined if more bytes are needed.
 * @throws GuidestarError if this is no recording.
 */
export function parseHeader(
  bytes: Buffer,
  file: string,
): { header: RecordingHeader; size: number } | undefined {
  const magicEnd = bytes.indexOf(10);
  const magic = bytes.toString("utf8", 0, magicEnd === -1 ? magicLine.length : magicEnd);
  if (magicEnd === -1 && bytes.length <= magicLine.length && magicLine.startsWith(bytes.toString()))
    return undefined;
  if (magic !== magicLine) throw notARecording(file, magic);
  const end = bytes.indexOf(10, magicEnd + 1);
  if (end === -1) {
    if (bytes.length < maxHeaderBytes) return undefined;
    throw new GuidestarError("INVALID_ARGUMENT", `${file}: the header has no end within 1 MiB`);
  }
  return { header: checkedHeader(bytes.toString("utf8", magicEnd + 1, end), file), size: end + 1 };
}

const maxHeaderBytes = 1 << 20;

function notARecording(file: string, found: string): GuidestarError {
  const version = /^guidestar recording (\d+)$/.exec(found);
  return new GuidestarError(
    "INVALID_ARGUMENT",
    version
      ? `${file}: recording format ${version[1]} is not known; this version reads format 1`
      : `${file} is not a guidestar recording: make one with "guidestar record FILE"`,
  );
}

function checkedHeader(json: string, file: string): RecordingHeader {
  let header: RecordingHeader;
  try {
    header = JSON.parse(json) as RecordingHeader;
    BigInt(header.bootToWallNs);
  } catch (error) {
    throw new GuidestarError("INVALID_ARGUMENT", `${file}: line 2 is not a recording header`, {
      cause: error,
    });
  }
  if (!header.layout?.structs || !header.layout.enums)
    throw new GuidestarError("INVALID_ARGUMENT", `${file}: line 2 has no record layout`);
  return header;
}
