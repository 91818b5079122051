import { type Event, isHookEvent } from "../events/model.js";

export interface FlightRecorderLimits {
  readonly events: number;
  /** Estimated. */
  readonly bytes: number;
}

export const defaultFlightRecorder: FlightRecorderLimits = { events: 4096, bytes: 16 << 20 };

/** What an event and its process take besides their texts; about. */
const EVENT_BYTES = 512;

/** Events that came together. */
interface Batch {
  readonly events: readonly Event[];
  readonly bytes: number;
}

/**
 * The last events that came to the plugin chain, the dropped ones among them: what a new plugin is tried
 * on. Bounded. The events themselves and not copies: annotations, filled fields and replaced arguments are
 * as the chain left them.
 */
export class FlightRecorder {
  /** The oldest first; those before `first` are gone. */
  private batches: (Batch | undefined)[] = [];
  private first = 0;
  private count = 0;
  private bytes = 0;

  constructor(private readonly limits: FlightRecorderLimits = defaultFlightRecorder) {}

  /** How many it holds that are still within its limits. */
  get length(): number {
    return Math.min(this.count, this.limits.events);
  }

  add(event: Event): void {
    this.take([event], sizeOf(event));
  }

  /** Takes a batch as one; `recordBytes`: what its records took. The array may be used again. */
  addAll(events: readonly Event[], recordBytes: number): void {
    const bytes = events.length * EVENT_BYTES + recordBytes;
    // Of huge events as many as there is room for must be kept, not all or none.
    if (8 * bytes > this.limits.bytes) for (const event of events) this.add(event);
    else if (events.length > 0) this.take(events.slice(), bytes);
  }

  /** The oldest first. */
  events(): Event[] {
    const all: Event[] = [];
    for (const batch of this.batches) if (batch) all.push(...batch.events);
    return all.slice(-this.limits.events);
  }

  private take(events: readonly Event[], bytes: number): void {
    if (bytes > this.limits.bytes) return;
    this.batches.push({ events, bytes });
    this.count += events.length;
    this.bytes += bytes;
    while (this.bytes > this.limits.bytes || this.count - this.oldest >= this.limits.events)
      this.forget();
  }

  private get oldest(): number {
    return this.batches[this.first]?.events.length ?? 0;
  }

  private forget(): void {
    const batch = this.batches[this.first];
    this.batches[this.first++] = undefined;
    this.count -= batch?.events.length ?? 0;
    this.bytes -= batch?.bytes ?? 0;
    // Array.shift() for each batch would move all the others each time.
    if (2 * this.first < this.batches.length) return;
    this.batches = this.batches.slice(this.first);
    this.first = 0;
  }
}

function sizeOf(event: Event): number {
  const { process } = event;
  const texts = process === undefined ? 0 : process.arguments.length + process.binary.length;
  return EVENT_BYTES + texts + (isHookEvent(event) ? event.data.end - event.data.start : 0);
}
