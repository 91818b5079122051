import { GuidestarError } from "../errors.js";
import { defaultQueueLimits, type QueueLimits } from "./queue.js";
import { Subscriber, type SubscriberStatus } from "./subscriber.js";
import type { MessageWriter } from "./writer.js";

export interface SubscribersOptions {
  /** Bounds of the queue of each. */
  readonly queue?: QueueLimits | undefined;
  /** How many there may be at a time: what bounds the memory of all queues. Default 1,000. */
  readonly most?: number | undefined;
}

/** Of all streams, those that are over included. */
export interface StreamTotals {
  /** Streams that are under way. */
  readonly open: number;
  readonly queued: number;
  readonly sent: number;
  readonly lost: number;
}

/** The GetEvents calls that are under way. */
export class Subscribers {
  readonly #all = new Map<number, Subscriber>();
  readonly #queue: QueueLimits;
  readonly #most: number;
  #lastId = 0;
  /** Of those that are over. */
  #sent = 0;
  #lost = 0;

  constructor({ queue = defaultQueueLimits, most = 1000 }: SubscribersOptions = {}) {
    this.#queue = queue;
    this.#most = most;
  }

  /** Throws `RESOURCE_EXHAUSTED`. Call `remove` when the call is over. */
  add(peer: string, writer: MessageWriter): Subscriber {
    if (this.#all.size >= this.#most) {
      throw new GuidestarError(
        "RESOURCE_EXHAUSTED",
        `there are ${this.#most} event streams already, as many as this daemon serves at a time; end one first`,
      );
    }
    const subscriber = new Subscriber(++this.#lastId, peer, writer, this.#queue);
    this.#all.set(subscriber.id, subscriber);
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    if (this.#all.delete(subscriber.id)) {
      this.#sent += subscriber.status.sent;
      this.#lost += subscriber.status.lost;
    }
    subscriber.release();
  }

  /** In the order in which they began. */
  list(): SubscriberStatus[] {
    return [...this.#all.values()].map(({ status }) => status);
  }

  totals(): StreamTotals {
    const totals = { open: this.#all.size, queued: 0, sent: this.#sent, lost: this.#lost };
    for (const { queued, sent, lost } of this.list()) {
      totals.queued += queued;
      totals.sent += sent;
      totals.lost += lost;
    }
    return totals;
  }

  /** Ends all of them, each when its client has read what waits for it. */
  end(error?: Error): void {
    for (const subscriber of this.#all.values()) subscriber.end(error);
  }
}
