import { filterKey } from "../stream/filter.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type { GroupSpec } from "./messages.js";
import type { FeedListener, Frames } from "./port.js";

/** What all streams share that ask for the same. */
export interface SharedFeed {
  /** Number of its group in the worker. */
  readonly id: number;
  readonly key: string;
  readonly spec: StreamSpec;
  readonly listeners: Set<FeedListener>;
  /** Settles when the worker has taken the filter. */
  readonly ready: Promise<void>;
}

/** One feed for each different thing that streams ask for. */
export class Feeds {
  readonly #byKey = new Map<string, SharedFeed>();
  readonly #byId = new Map<number, SharedFeed>();
  #nextId = 1;

  /** The feed of that filter, made with `subscribe` if there is none. */
  of(spec: StreamSpec, subscribe: (id: number) => Promise<void>): SharedFeed {
    const id = this.#nextId;
    // What is aggregated was counted for one stream, from when that began.
    const key = spec.aggregation ? `aggregated ${id}` : filterKey(spec);
    const known = this.#byKey.get(key);
    if (known) return known;
    this.#nextId++;
    const feed = { id, key, spec, listeners: new Set<FeedListener>(), ready: subscribe(id) };
    this.#byKey.set(key, feed);
    this.#byId.set(id, feed);
    return feed;
  }

  /** For a worker that begins. */
  groups(): GroupSpec[] {
    return [...this.#byId.values()].map(({ id, spec }) => ({ group: id, spec }));
  }

  deliver(group: number, frames: Frames): void {
    for (const listener of this.#byId.get(group)?.listeners ?? []) listener.frames(frames);
  }

  /** Takes a listener away. @returns whether it was the last of a feed, which is gone then */
  leave(feed: SharedFeed, listener: FeedListener): boolean {
    feed.listeners.delete(listener);
    if (feed.listeners.size > 0 || this.#byId.get(feed.id) !== feed) return false;
    this.forget(feed);
    return true;
  }

  forget(feed: SharedFeed): void {
    if (this.#byKey.get(feed.key) === feed) this.#byKey.delete(feed.key);
    this.#byId.delete(feed.id);
  }

  end(error: Error | undefined): void {
    for (const feed of this.#byId.values())
      for (const listener of feed.listeners) listener.end(error);
  }
}
