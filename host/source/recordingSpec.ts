import { GuidestarError } from "../errors.js";

/** How a recording is played. */
export interface RecordingSpec {
  readonly file: string;
  /** Records a second; undefined: at the pace they were recorded at, times `speed`. */
  readonly rate: number | undefined;
  /** 1: as recorded; Infinity: as fast as it can be read. */
  readonly speed: number;
  /** How often it is played. */
  readonly repeat: number;
  /** When it begins: at once, or when the first stream is open. */
  readonly start: "now" | "stream";
}

/**
 * Reads `recording:FILE`, perhaps with `?rate=N`, `?speed=X|max`, `&repeat=N`, `&start=now|stream`.
 * @throws GuidestarError for anything else; it names the part.
 */
export function parseRecordingSpec(text: string): RecordingSpec {
  const body = text.slice("recording:".length);
  const query = body.lastIndexOf("?");
  const file = query === -1 ? body : body.slice(0, query);
  if (file === "") throw refused(text, "names no file: write recording:FILE");
  const spec = {
    file,
    rate: undefined as number | undefined,
    speed: 1,
    repeat: 1,
    start: "stream",
  };
  for (const [key, value] of new URLSearchParams(query === -1 ? "" : body.slice(query + 1))) {
    if (key === "rate") spec.rate = positive(text, key, value);
    else if (key === "speed") spec.speed = value === "max" ? Infinity : positive(text, key, value);
    else if (key === "repeat") spec.repeat = Math.floor(positive(text, key, value));
    else if (key === "start" && (value === "now" || value === "stream")) spec.start = value;
    else if (key === "start") throw refused(text, `start is now or stream, not ${value}`);
    else throw refused(text, `has no option ${key}: there are rate, speed, repeat and start`);
  }
  return spec as RecordingSpec;
}

function positive(text: string, key: string, value: string): number {
  const number = Number(value);
  if (number > 0 && (key !== "repeat" || number >= 1)) return number;
  throw refused(text, `${key} takes a number above 0, not ${value || "nothing"}`);
}

function refused(text: string, why: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", `source ${text}: ${why}`);
}
