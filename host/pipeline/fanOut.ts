import { type EventEncoder, framePrefixBytes } from "../events/encoder.js";
import type { Event } from "../events/model.js";
import { WireWriter } from "../events/wire.js";
import type { ActivePlugin } from "../plugins/prepared.js";
import { Aggregation } from "../stream/aggregation/aggregation.js";
import { compileFilter } from "../stream/filter.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { Group, type GroupFrames } from "./group.js";
import type { StreamPlugins } from "./streamPlugins.js";

export interface FanOutOptions {
  readonly encoder: EventEncoder;
  /** Records that the ring lost so far. */
  readonly lostRing: () => number;
  /** A framed message with what plugins did, if the stream was not told of it yet. */
  readonly accounts: (group: Group, node: readonly ActivePlugin[]) => Uint8Array | undefined;
  /** Hands over one run of frames; `bytes` is the receiver's from then on. */
  readonly deliver: (group: number, frames: GroupFrames) => void;
}

/** Filters events for each group of streams, and writes them: once, and copied to others that want them. */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #groups = new Map<number, Group>();
  /** The same, as they are gone through for each event. */
  #ofNode: readonly Group[] = [];
  readonly #frame = new WireWriter(64 * 1024);
  /** For filters that look at messages. */
  readonly #asked = new WireWriter(1024);
  #accountsMs = 0;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** @throws GuidestarError if a filter is wrong; then nothing has changed. */
  subscribe(id: number, spec: StreamSpec, plugins?: StreamPlugins): void {
    const wants = compileFilter(spec, (event) => this.#message(event));
    const { fields, accounts: wantsAccounts } = spec;
    const lostRing = this.#options.lostRing();
    const aggregation = spec.aggregation && new Aggregation(spec.aggregation);
    const options = { id, wants, lostRing, fields, plugins, wantsAccounts, aggregation };
    this.#groups.set(id, new Group(options));
    this.#list();
  }

  unsubscribe(id: number): void {
    this.#groups.delete(id);
    this.#list();
  }

  /** Whether any stream wants the event. */
  isTaken(event: Event): boolean {
    for (const group of this.#groups.values()) if (group.wants(event)) return true;
    return false;
  }

  /** Sends what waits to be aggregated; later events go as they come. */
  finishAggregation(): void {
    for (const { aggregation } of this.#groups.values()) aggregation?.finish();
    this.flush();
  }

  /** When the first of what is aggregated is due, ms of `performance.now()`; undefined: nothing waits. */
  get deadlineMs(): number | undefined {
    let first: number | undefined;
    for (const { aggregation } of this.#groups.values()) {
      const deadlineMs = aggregation?.deadlineMs;
      if (deadlineMs !== undefined) first = Math.min(first ?? deadlineMs, deadlineMs);
    }
    return first;
  }

  /** Writes what the groups want of these. What is not full stays until `flush`. */
  add(events: readonly Event[]): void {
    if (this.#groups.size === 0) return;
    for (const group of this.#groups.values())
      if (group.plugins) this.#addTo(group, group.plugins.run(events.filter(group.wants)));
    const [first, second] = this.#ofNode;
    if (first && !second && first.takesWhole) this.#addToOne(first, events);
    else if (first) for (const event of events) this.#addToAll(event);
  }

  /** Hands over all that has gathered. */
  flush(): void {
    for (const group of this.#groups.values()) this.#flush(group);
  }

  /** What streams with plugins of their own, or that ask for accounts, get by the clock. */
  tick(nowMs: number, isLast: boolean, chain: { list(): ActivePlugin[] }): void {
    const isDue = isLast || nowMs - this.#accountsMs >= accountsEveryMs;
    if (isDue) this.#accountsMs = nowMs;
    for (const group of this.#groups.values()) {
      if (group.plugins) this.#addTo(group, group.plugins.tick(isLast));
      if (isLast) group.aggregation?.finish();
      else group.aggregation?.tick(nowMs);
      if (!isDue || !group.wantsAccounts) continue;
      const frame = this.#options.accounts(group, chain.list());
      if (frame) group.addWhole(frame);
    }
  }

  /** Nearly always there is one: nothing is copied. */
  #addToOne(group: Group, events: readonly Event[]): void {
    const { encoder } = this.#options;
    for (const event of events) {
      if (!group.wants(event)) continue;
      encoder.encode(event, group.out);
      group.count++;
      if (group.out.position >= fullBytes) this.#flush(group);
    }
  }

  #addToAll(event: Event): void {
    let frame: Uint8Array | undefined;
    for (const group of this.#ofNode) {
      if (!group.wants(event) || !group.takes(event)) continue;
      frame ??= this.#encode(event);
      group.add(frame);
      if (group.out.position >= fullBytes) this.#flush(group);
    }
  }

  /** Events of one stream alone. */
  #addTo(group: Group, events: readonly Event[]): void {
    for (const event of events) {
      if (!group.takes(event)) continue;
      group.add(this.#encode(event));
      if (group.out.position >= fullBytes) this.#flush(group);
    }
  }

  /** Valid until the next call. */
  #encode(event: Event): Uint8Array {
    const frame = this.#frame;
    frame.position = 0;
    this.#options.encoder.encode(event, frame);
    return frame.bytes.subarray(0, frame.position);
  }

  /** As a client gets it; until the next call. */
  #message(event: Event): Uint8Array {
    this.#asked.position = 0;
    this.#options.encoder.encode(event, this.#asked);
    return this.#asked.bytes.subarray(framePrefixBytes, this.#asked.position);
  }

  #flush(group: Group): void {
    for (;;) {
      const frames = group.take(this.#options.lostRing(), fullBytes);
      if (!frames) return;
      this.#options.deliver(group.id, frames);
    }
  }

  #list(): void {
    this.#ofNode = [...this.#groups.values()].filter(({ plugins }) => plugins === undefined);
  }
}

const accountsEveryMs = 1000;
/** A run of frames is handed over when it has grown to this: more would not be faster. */
const fullBytes = 256 * 1024;
