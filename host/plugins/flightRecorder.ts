import { type Event, isHookEvent } from "../events/model.js";

export interface FlightRecorderLimits {
  readonly events: number;
  /** Estimated. */
  readonly bytes: number;
}

export const defaultFlightRecorder: FlightRecorderLimits = { events: 4096, bytes: 16 << 20 };

/** What an event and its process take besides their texts; about. */
const EVENT_BYTES = 512;

/**
 * The last events that came to the plugin chain, the dropped ones among them: what a new plugin is tried
 * on. Bounded. The events themselves and not copies: annotations, filled fields and replaced arguments are
 * as the chain left them.
 */
export class FlightRecorder {
  private readonly ring: (Event | undefined)[];
  private readonly sizes: Uint32Array;
  /** Where the oldest is. */
  private first = 0;
  private count = 0;
  private bytes = 0;

  constructor(private readonly limits: FlightRecorderLimits = defaultFlightRecorder) {
    this.ring = new Array<Event | undefined>(limits.events).fill(undefined);
    this.sizes = new Uint32Array(limits.events);
  }

  get length(): number {
    return this.count;
  }

  add(event: Event): void {
    const size = sizeOf(event);
    if (size > this.limits.bytes) return;
    while (this.count === this.ring.length || this.bytes + size > this.limits.bytes) this.forget();
    const at = (this.first + this.count) % this.ring.length;
    this.ring[at] = event;
    this.sizes[at] = size;
    this.count++;
    this.bytes += size;
  }

  /** The oldest first. */
  events(): Event[] {
    return Array.from(
      { length: this.count },
      (_, n) => this.ring[(this.first + n) % this.ring.length] as Event,
    );
  }

  private forget(): void {
    this.bytes -= this.sizes[this.first] as number;
    this.ring[this.first] = undefined;
    this.first = (this.first + 1) % this.ring.length;
    this.count--;
  }
}

function sizeOf(event: Event): number {
  const { process } = event;
  const texts = process === undefined ? 0 : process.arguments.length + process.binary.length;
  return EVENT_BYTES + texts + (isHookEvent(event) ? event.data.end - event.data.start : 0);
}
