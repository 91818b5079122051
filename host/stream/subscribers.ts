import { GuidestarError } from "../errors.js";
import { FullBufferLog } from "./aggregation/fullBufferLog.js";
import { defaultQueueLimits, type QueueLimits } from "./queue.js";
import { Subscriber, type SubscriberStatus } from "./subscriber.js";
import type { MessageWriter } from "./writer.js";

export interface SubscribersOptions {
  /** Bounds of the queue of each. */
  readonly queue?: QueueLimits | undefined;
  /** How many there may be at a time: what bounds the memory of all queues. Default 1,000. */
  readonly most?: number | undefined;
  /** Told how many events a stream lost since it was told last, because its aggregation's buffer was full. */
  readonly onFullBuffer?: ((peer: string, events: number) => void) | undefined;
}

/** Of all streams, those that are over included. */
export interface StreamTotals {
  /** Streams that are under way. */
  readonly open: number;
  readonly queued: number;
  readonly sent: number;
  readonly lost: number;
  readonly lostAggregation: number;
}

/** The GetEvents calls that are under way. */
export class Subscribers {
  readonly #all = new Map<number, Subscriber>();
  readonly #queue: QueueLimits;
  readonly #most: number;
  readonly #fullBuffers: FullBufferLog;
  #lastId = 0;
  /** Of those that are over. */
  #sent = 0;
  #lost = 0;
  #lostAggregation = 0;

  constructor({ queue = defaultQueueLimits, most = 1000, onFullBuffer }: SubscribersOptions = {}) {
    this.#queue = queue;
    this.#most = most;
    this.#fullBuffers = new FullBufferLog(onFullBuffer ?? (() => {}));
  }

  /** Throws `RESOURCE_EXHAUSTED`. Call `remove` when the call is over. */
  add(peer: string, writer: MessageWriter): Subscriber {
    if (this.#all.size >= this.#most) {
      throw new GuidestarError(
        "RESOURCE_EXHAUSTED",
        `there are ${this.#most} event streams already, as many as this daemon serves at a time; end one first`,
      );
    }
    const id = ++this.#lastId;
    const onFullBuffer = (events: number) => this.#fullBuffers.add(id, peer, events);
    const subscriber = new Subscriber(id, peer, writer, this.#queue, onFullBuffer);
    this.#all.set(subscriber.id, subscriber);
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    if (this.#all.delete(subscriber.id)) {
      this.#fullBuffers.forget(subscriber.id);
      this.#sent += subscriber.status.sent;
      this.#lost += subscriber.status.lost;
      this.#lostAggregation += subscriber.status.lostAggregation;
    }
    subscriber.release();
  }

  /** In the order in which they began. */
  list(): SubscriberStatus[] {
    return [...this.#all.values()].map(({ status }) => status);
  }

  totals(): StreamTotals {
    const totals = {
      open: this.#all.size,
      queued: 0,
      sent: this.#sent,
      lost: this.#lost,
      lostAggregation: this.#lostAggregation,
    };
    for (const { queued, sent, lost, lostAggregation } of this.list()) {
      totals.queued += queued;
      totals.sent += sent;
      totals.lost += lost;
      totals.lostAggregation += lostAggregation;
    }
    return totals;
  }

  /** Ends all of them, each when its client has read what waits for it. */
  end(error?: Error): void {
    for (const subscriber of this.#all.values()) subscriber.end(error);
  }
}
