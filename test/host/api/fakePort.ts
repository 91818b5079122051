import type { Feed, FeedListener, Frames, PipelinePort } from "../../../host/pipeline/port.js";
import {
  type ActivePlugin,
  type Arranged,
  newCounts,
  type PluginSetup,
} from "../../../host/plugins/prepared.js";
import type { Rehearsal } from "../../../host/plugins/rehearsal.js";
import { filterKey } from "../../../host/stream/filter.js";
import type { StreamSpec } from "../../../host/stream/filterSpec.js";
import { fgs } from "../../../proto/generated/api.js";

/**
 * Stands for the pipeline worker at its own seam: real encoded frames, one buffer for all streams
 * with the same filter, as the worker delivers them. What is in them is up to the test.
 */
export class FakePort implements PipelinePort {
  readonly feeds = new Map<FeedListener, StreamSpec>();
  /** Set to make `subscribe` fail. */
  subscribeError: Error | undefined;
  /** Set to make `subscribe` wait. */
  subscribeGate: Promise<void> = Promise.resolve();
  /** Subscriptions that wait for the gate. */
  waiting = 0;
  readonly chain: ActivePlugin[] = [];
  private readonly instances = new Map<number, ActivePlugin>();
  sequence = 0;

  async subscribe(spec: StreamSpec, listener: FeedListener): Promise<Feed> {
    this.waiting++;
    try {
      await this.subscribeGate;
    } finally {
      this.waiting--;
    }
    if (this.subscribeError !== undefined) throw this.subscribeError;
    this.feeds.set(listener, spec);
    return { close: () => void this.feeds.delete(listener) };
  }

  /** Delivers to every stream, one buffer for each filter. */
  deliver(make: (spec: StreamSpec) => Frames): void {
    const made = new Map<string, Frames>();
    for (const [listener, spec] of this.feeds) {
      const key = filterKey(spec);
      const frames = made.get(key) ?? make(spec);
      made.set(key, frames);
      listener.frames(frames);
    }
  }

  end(error?: Error): void {
    for (const listener of this.feeds.keys()) listener.end(error);
  }

  async arrange(setups: readonly PluginSetup[]): Promise<Arranged> {
    const firstSequence = this.sequence + 1;
    const before = new Map(this.instances);
    this.instances.clear();
    for (const setup of setups) {
      const known = before.get(setup.instance);
      before.delete(setup.instance);
      this.instances.set(setup.instance, known ?? activeOf(setup, firstSequence));
    }
    this.chain.splice(0, Infinity, ...this.instances.values());
    return { firstSequence, plugins: [...this.chain], removed: [...before.values()] };
  }

  async rehearse(): Promise<Rehearsal> {
    return { events: 0, counts: newCounts(), failure: "", poison: [] };
  }

  async plugins() {
    return this.chain;
  }

  async finishAggregation() {}

  async define() {}

  async forget() {}

  async status() {
    return {
      source: "recording:test",
      scope: "all",
      seen: 10,
      byType: { 5: 6, 7: 4 },
      kept: 7,
      dropped: 3,
      made: 0,
      lostRing: 1,
      lostRingProcess: 0,
      malformed: 0,
      unknownHook: 0,
      dns: { messages: 9, malformed: 2, givenUp: 1, names: 3 },
      hooks: [
        { policy: "watch", hook: "tcp_connect", type: 13, events: 3, elsewhere: 1 },
        { policy: "watch", hook: "tcp_connect", type: 13, events: 4, elsewhere: 2 },
        { policy: "guard", hook: "sched/sched_switch", type: 14, events: 5, elsewhere: 0 },
      ],
      records: 12,
      tableFull: 0,
      readFailed: 0,
      sequence: this.sequence,
      cache: { size: 5, misses: 1, evictions: 0, completed: 2, swept: 3, tableSwept: 4 },
    };
  }
}

/** Real messages in real gRPC frames. */
export function frames(events: readonly fgs.GetEventsResponse.$Properties[], lostRing = 0): Frames {
  const messages = events.map((event) => fgs.GetEventsResponse.encode(event).finish());
  const bytes = Buffer.concat(
    messages.flatMap((message) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return [prefix, message];
    }),
  );
  return { bytes, count: events.length, lostRing };
}

/** Exec events with sequence numbers from `first`. */
export function execs(first: number, count: number): fgs.GetEventsResponse.$Properties[] {
  return Array.from({ length: count }, (_, i) => ({
    process_exec: {
      process: {
        exec_id: Buffer.from(`node:${first + i}:${1000 + i}`).toString("base64"),
        pid: { value: 1000 + i },
        uid: { value: 0 },
        binary: "/usr/bin/true",
        arguments: "--quiet --and-some-more-text-so-that-an-event-has-a-usual-size",
        cwd: "/",
        flags: "execve rootcwd clone",
        start_time: { seconds: 1_700_000_000, nanos: i },
      },
    },
    node_name: "node",
    time: { seconds: 1_700_000_000, nanos: i },
    sequence: first + i,
  }));
}

function activeOf(setup: PluginSetup, firstSequence: number): ActivePlugin {
  const { plugin, mode, settings, uploadedMs } = setup;
  const { name, version, manifestVersion, description, size, failurePolicy } = plugin;
  return {
    ...{ name, version, manifestVersion, description, size, failurePolicy },
    ...{ mode, settings, uploadedMs, firstSequence },
    counts: newCounts(),
    failure: "",
  };
}
