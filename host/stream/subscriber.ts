import type { Feed, FeedListener, Frames } from "../pipeline/port.js";
import { EventQueue, type QueueLimits } from "./queue.js";
import type { MessageWriter } from "./writer.js";

/** What `Node.GetStatus` tells of a stream. */
export interface SubscriberStatus {
  readonly id: number;
  readonly peer: string;
  /** Events handed over to be put on the wire. */
  readonly sent: number;
  /** Events that this client lost because it read too slowly. */
  readonly lost: number;
  /** Events that the buffer of its aggregation had no room for. */
  readonly lostAggregation: number;
  /** Events that wait in its queue. */
  readonly queued: number;
}

/**
 * One GetEvents call on the main thread: takes frames as they come, and passes them on as fast as
 * its client reads. A client that does not read fills its own queue and nothing else.
 */
export class Subscriber implements FeedListener {
  readonly #queue: EventQueue;
  #feed: Feed | undefined;
  /** Open, and the client takes more. */
  #isFlowing = false;
  #isReleased = false;
  #isEnded = false;
  #ending: { readonly error: Error | undefined } | undefined;

  constructor(
    readonly id: number,
    readonly peer: string,
    private readonly writer: MessageWriter,
    limits: QueueLimits,
    private readonly onFullBuffer: (events: number) => void = () => {},
  ) {
    this.#queue = new EventQueue(limits);
    writer.onDrain(() => this.#flow());
  }

  get status(): SubscriberStatus {
    const { taken: sent, lost, length: queued } = this.#queue;
    const { slowClient, aggregation: lostAggregation } = lost;
    return { id: this.id, peer: this.peer, sent, lost: slowClient, lostAggregation, queued };
  }

  /** Every later event will come from `feed`: tells the client, and begins to write. */
  open(feed: Feed): void {
    this.#feed = feed;
    if (this.#isReleased || this.#ending !== undefined) feed.close();
    if (this.#isReleased) return;
    this.writer.open();
    this.#flow();
  }

  frames(frames: Frames): void {
    if (this.#isReleased || this.#ending !== undefined) return;
    this.#queue.push(frames);
    if (frames.lostAggregation) this.onFullBuffer(frames.lostAggregation);
    if (this.#isFlowing) this.#flow();
  }

  /** Ends the call once the client has read what waits for it; with an error if there was one. */
  end(error?: Error): void {
    if (this.#isReleased || this.#ending !== undefined) return;
    this.#ending = { error };
    this.#feed?.close();
    if (this.#isFlowing) this.#flow();
  }

  /** The call is over: lets go of everything. Twice does no harm. */
  release(): void {
    this.#isReleased = true;
    this.#isFlowing = false;
    this.#feed?.close();
    this.#queue.clear();
  }

  #flow(): void {
    if (this.#isReleased || this.#isEnded) return;
    this.#isFlowing = true;
    while (this.#isFlowing) {
      const run = this.#queue.take(this.writer.mostBytes);
      if (run === undefined) break;
      this.#isFlowing = this.writer.write(run.bytes, run.count);
    }
    if (this.#ending === undefined || this.#queue.length > 0) return;
    this.#isFlowing = false;
    this.#isEnded = true;
    this.writer.end(this.#queue.lost, this.#ending.error);
  }
}
