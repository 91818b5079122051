/** Prints events and keeps the counts that are told at the end. */
import type { Writable } from "node:stream";
import type { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import { jsonWriter } from "../../json/protojson.js";
import { stackLines } from "../compact/stacks.js";
import { compactLine, type Event } from "../compact.js";
import { type LineWriter, say } from "../output.js";
import type { ColorMode } from "../text/paint.js";
import { isColored, paintFor } from "../text/paint.js";
import { counted, grouped, spanText } from "../text/units.js";

export interface PrinterOptions {
  readonly output: "compact" | "json";
  readonly color: ColorMode;
  readonly timestamps: boolean;
  /** Print stacks below the compact lines. */
  readonly stackTraces: boolean;
  /** Stop after that many events; undefined: no end. */
  readonly count: number | undefined;
  /** Where it is printed, if not to standard output: decides on colours. */
  readonly terminal?: Writable & { readonly isTTY?: boolean };
}

export interface Losses {
  readonly ring: number;
  readonly slowClient: number;
  readonly aggregation: number;
}

/** What an event says was lost before it. */
export function lossesOf(lost: NonNullable<Event["lost"]>): Losses {
  return {
    ring: toNumber(lost.ring),
    slowClient: toNumber(lost.slow_client),
    aggregation: toNumber(lost.aggregation),
  };
}

export class EventPrinter {
  private readonly format: (event: Event) => string;
  private readonly warn = paintFor(isColored("auto", process.stderr)).red;
  private readonly startMs = performance.now();
  private printed = 0;
  private lost = 0;
  /** The latest of what plugins did to events, if the daemon was asked. */
  accounts: guidestar.PluginAccounts.$Properties | undefined;

  constructor(
    readonly out: LineWriter,
    private readonly options: PrinterOptions,
  ) {
    const { output, color, timestamps, stackTraces, terminal = process.stdout } = options;
    const paint = paintFor(isColored(color, terminal));
    this.format =
      output === "json"
        ? jsonWriter("fgs.GetEventsResponse")
        : (event) => {
            const line = compactLine(event, { paint, timestamps });
            return stackTraces ? [line, ...stackLines(event, paint)].join("\n") : line;
          };
  }

  /** Whether the number of events that was asked for has been printed. */
  get isDone(): boolean {
    return this.options.count !== undefined && this.printed >= this.options.count;
  }

  get isJson(): boolean {
    return this.options.output === "json";
  }

  /** Prints the event, as `json` if that is given and JSON is wanted. */
  print(event: Event, json?: string): void {
    const { lost } = event;
    if (lost) this.tellLoss(lossesOf(lost));
    this.out.line(json !== undefined && this.isJson ? json : this.format(event));
    this.printed++;
  }

  /** Says what is missing, at the place where it is missing. */
  tellLoss({ ring, slowClient, aggregation }: Losses): void {
    const reasons = [
      ring > 0 ? `${grouped(ring)} because the kernel's ring buffer was full` : "",
      slowClient > 0 ? `${grouped(slowClient)} because this client reads too slowly` : "",
      aggregation > 0 ? `${grouped(aggregation)} because the aggregation's buffer was full` : "",
    ].filter((reason) => reason !== "");
    if (reasons.length === 0) return;
    const lost = ring + slowClient + aggregation;
    this.lost += lost;
    this.out.flush();
    say(this.warn(`${counted(lost, "event")} LOST here: ${reasons.join(", ")}`));
  }

  /** Events that an export left out here, by its rate limit; `json` is its line, kept in JSON. */
  tellRateLimit(dropped: number, json: string): void {
    if (this.isJson) {
      this.out.line(json);
      return;
    }
    this.out.flush();
    say(this.warn(`${counted(dropped, "event")} left out here by the export's rate limit`));
  }

  /** What plugins did, on standard error: it is no event. */
  async tellAccounts(): Promise<void> {
    if (this.accounts === undefined) return;
    const { accountsText } = await import("./accounts.js");
    const paint = paintFor(isColored("auto", process.stderr));
    process.stderr.write(`${accountsText(this.accounts, paint)}\n`);
  }

  /** Told to people only: a program reads the exit code. */
  tellCounts(): void {
    if (!process.stderr.isTTY) return;
    const lost = this.lost === 0 ? "none lost" : this.warn(`${grouped(this.lost)} LOST`);
    const span = spanText(performance.now() - this.startMs);
    say(`${counted(this.printed, "event")} in ${span}, ${lost}`);
  }
}
