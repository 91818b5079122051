/** Decides whether events come from standard input, and reads them from there. */
import { fstatSync } from "node:fs";
import { GuidestarError } from "../../errors.js";
import { type JsonNode, parseJson } from "../../json/parse.js";
import { JsonError } from "../../json/protojson.js";
import { readMessage } from "../../json/read.js";
import { messageType } from "../../json/schema.js";
import { type JsonPiece, JsonSplitter, onOneLine } from "../../json/split.js";
import { terminalSafe } from "../../json/write.js";
import type { Event } from "../compact.js";
import { say } from "../output.js";
import { counted } from "../text/units.js";
import type { LocalFilter } from "./localFilter.js";
import type { EventPrinter } from "./printer.js";

/**
 * A pipe, a socket or a file on standard input may carry events; a terminal, /dev/null and a closed
 * input can't.
 */
export function stdinMayHaveEvents(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    return false;
  }
}

export interface ReplayOptions {
  readonly printer: EventPrinter;
  readonly filter: LocalFilter;
  readonly stop: AbortSignal;
}

/** Prints the events on standard input that match. Throws if some of it was no event. */
export async function replayStdin(options: ReplayOptions): Promise<void> {
  const { printer, stop } = options;
  const input = process.stdin.setEncoding("utf8");
  const end = () => input.destroy();
  stop.addEventListener("abort", end);
  printer.out.failed.addEventListener("abort", end);
  const waiting = setTimeout(tellWaiting, 1000);
  const splitter = new JsonSplitter();
  const reader = new EventReader(options);
  let isEmpty = true;
  try {
    for await (const text of input) {
      clearTimeout(waiting);
      isEmpty = false;
      for (const piece of splitter.push(text as string)) reader.read(piece);
      if (printer.isDone) return;
      if (printer.out.isFull) await printer.out.drained();
    }
    for (const piece of splitter.end()) reader.read(piece);
  } catch (error) {
    if (!stop.aborted && !printer.out.failed.aborted) throw error;
  } finally {
    clearTimeout(waiting);
    input.destroy();
  }
  if (isEmpty && !stop.aborted && !fstatSync(0).isFile()) throw emptyPipe();
  reader.tellResult();
}

const howToGoLive = "to watch the daemon instead, add --live";

function tellWaiting(): void {
  say(`waiting for events on standard input, which is a pipe; ${howToGoLive}`);
}

/** As cron and many CI systems leave it: to print nothing and say nothing would be worse. */
function emptyPipe(): GuidestarError {
  const message = `no events on standard input, which is an empty pipe; ${howToGoLive}`;
  return new GuidestarError("INVALID_ARGUMENT", message);
}

const maxToldErrors = 10;

/** What the daemon's export writes where its rate limit left events out; undefined: another line. */
function rateLimitOf(node: JsonNode): number | undefined {
  const info = memberOf(node, "rate_limit_info");
  const count = info && memberOf(info, "number_of_dropped_process_events");
  const text = count?.kind === "number" ? count.text : count?.kind === "string" ? count.value : "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function memberOf(node: JsonNode, key: string): JsonNode | undefined {
  return node.kind === "object"
    ? node.members.find((member) => member.key === key)?.value
    : undefined;
}

class EventReader {
  private readonly type = messageType("fgs.GetEventsResponse");
  private badPieces = 0;
  private readonly unknown = new Map<string, number>();

  constructor(private readonly options: ReplayOptions) {}

  read({ text, line }: JsonPiece): void {
    const { printer, filter } = this.options;
    if (printer.isDone) return;
    let event: Event;
    try {
      const node = parseJson(text);
      const dropped = rateLimitOf(node);
      if (dropped !== undefined) {
        printer.tellRateLimit(dropped, terminalSafe(onOneLine(text)));
        return;
      }
      event = readMessage(this.type, node, text, {
        onUnknown: (path) => this.noteUnknown(path),
      });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.tellBad(error, text, line);
      return;
    }
    if (!filter.matches(event)) return;
    if (filter.trim) printer.print(filter.trim(event));
    // As it came, so that fields which this client does not know go through.
    else printer.print(event, printer.isJson ? terminalSafe(onOneLine(text)) : undefined);
  }

  /** What was passed over, and an error if it was not only details. */
  tellResult(): void {
    const { printer, filter } = this.options;
    if (this.unknown.size > 0 && (!printer.isJson || filter.trim)) {
      const names = [...this.unknown.keys()];
      const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
      say(`passed over ${counted(names.length, "field")} that this client does not know: ${shown}`);
    }
    if (this.badPieces === 0) return;
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${counted(this.badPieces, "piece")} of standard input could not be read as events`,
    );
  }

  private noteUnknown(path: string): void {
    const name = path.replace(/\[\d+\]/g, "[]").replace(/=.*/s, "");
    this.unknown.set(name, (this.unknown.get(name) ?? 0) + 1);
  }

  private tellBad(error: JsonError, text: string, firstLine: number): void {
    this.badPieces++;
    if (this.badPieces > maxToldErrors) return;
    const before = text.slice(0, error.at).split("\n");
    const line = firstLine + before.length - 1;
    const column = (before.at(-1)?.length ?? 0) + 1;
    this.options.printer.out.flush();
    say(`standard input, line ${line}, column ${column}: ${error.reason}`);
    if (this.badPieces === maxToldErrors) say("further bad lines are only counted");
  }
}
