/**
 * One event as one line for people: `EMOJI NAME SOURCE BINARY DETAILS`. The forms are those that
 * users of this API know; what plugins say of an event, `{key=value}`, is our addition.
 */
import type { fgs } from "../../proto/generated/api.js";
import { timestampText } from "../json/time.js";
import { dnsParts } from "./compact/dns.js";
import { findingParts } from "./compact/finding.js";
import { kprobeParts } from "./compact/kprobe.js";
import type { Parts } from "./compact/parts.js";
import { isAdmin, processText, sourceText } from "./compact/process.js";
import { tracepointParts } from "./compact/tracepoint.js";
import type { Paint } from "./text/paint.js";
import { printable, printableWord } from "./text/printable.js";
import { displayWidth, padStartColumns } from "./text/width.js";

export type Event = fgs.GetEventsResponse.$Properties;

export interface CompactOptions {
  readonly paint: Paint;
  /** Puts the event's time in front, RFC 3339 with nanoseconds. */
  readonly timestamps?: boolean;
}

/** The line, without a newline. Every character in it can be printed, except for colours. */
export function compactLine(event: Event, options: CompactOptions): string {
  const { paint } = options;
  const { process, parts } = describe(event, paint);
  const words = [
    paint.blue(`${parts.emoji} ${parts.name.padEnd(7)}`),
    paint.green(sourceText(event.node_name, process)),
    paint.magenta(processText(process)),
    ...parts.details,
    paint.cyan(destinationText(event)),
    aggregationText(event),
    paint.yellow(annotationsText(event.annotations)),
  ];
  const line = words.filter((word) => word !== "").join(" ");
  const marked = isAdmin(process) ? `${line} ${adminSign(displayWidth(line))}` : line;
  return options.timestamps ? `${paint.dim(timestampText(event.time, 9))} ${marked}` : marked;
}

interface Description {
  readonly process: fgs.Process.$Properties | null | undefined;
  readonly parts: Parts;
}

function describe(event: Event, paint: Paint): Description {
  if (event.process_exec) {
    const { process } = event.process_exec;
    const details = [paint.cyan(printable(process?.arguments ?? ""))];
    return { process, parts: { emoji: "🚀", name: "process", details } };
  }
  if (event.process_exit) {
    const { process, signal, status } = event.process_exit;
    const result = paint.red(signal ? printable(signal) : String(status ?? 0));
    const details = [paint.cyan(printable(process?.arguments ?? "")), result];
    return { process, parts: { emoji: "💥", name: "exit", details } };
  }
  if (event.process_kprobe) {
    const { process_kprobe: kprobe } = event;
    return { process: kprobe.process, parts: kprobeParts(kprobe, paint) };
  }
  if (event.process_tracepoint) {
    const { process_tracepoint: tracepoint } = event;
    return { process: tracepoint.process, parts: tracepointParts(tracepoint, paint) };
  }
  if (event.process_dns) {
    const { process, dns } = event.process_dns;
    return { process, parts: dnsParts(dns ?? {}, paint) };
  }
  if (event.finding) {
    return { process: event.finding.process, parts: findingParts(event.finding, paint) };
  }
  if (event.test) {
    const { arg0, arg1, arg2, arg3 } = event.test;
    const values = [arg0, arg1, arg2, arg3].map((value) => String(value ?? 0)).join(" ");
    return { process: undefined, parts: { emoji: "🧪", name: "test", details: [values] } };
  }
  const details = ["an event of a kind that this client does not know"];
  return { process: undefined, parts: { emoji: "❔", name: "unknown", details } };
}

/** By which names the address that it connects to was asked for. */
function destinationText({ destination_names: names }: Event): string {
  return names?.length ? `(${names.map(printableWord).join(", ")})` : "";
}

/** One line that stands for many events says for how many. */
function aggregationText(event: Event): string {
  const count = event.aggregation_info?.count;
  return count == null || String(count) === "0" || String(count) === "1" ? "" : `(${count} times)`;
}

function annotationsText(annotations: { readonly [key: string]: string } | null | undefined) {
  const entries = Object.entries(annotations ?? {});
  if (entries.length === 0) return "";
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${printableWord(key)}=${printableWord(value)}`).join(", ")}}`;
}

const lineColumns = 120;

/** Ends in column 120, or follows after one blank if the line is longer. */
function adminSign(lineWidth: number): string {
  return padStartColumns("🛑 CAP_SYS_ADMIN", lineColumns - lineWidth - 1);
}
