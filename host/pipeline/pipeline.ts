import { CacheSweep } from "../events/cacheSweep.js";
import type { Decoder } from "../events/decoder.js";
import type { EventEncoder } from "../events/encoder.js";
import type { Event } from "../events/model.js";
import type { ProcessCache } from "../events/processCache.js";
import type { PluginChain } from "../plugins/chain.js";
import { FlightRecorder } from "../plugins/flightRecorder.js";
import type { ActivePlugin } from "../plugins/prepared.js";
import type { LookupAnswer } from "../pods/answer.js";
import type { PodStage } from "../pods/podStage.js";
import type { Source, SourceLosses } from "../source/source.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { Census } from "./census.js";
import { FanOut } from "./fanOut.js";
import type { Group, GroupFrames } from "./group.js";
import { hookCounts, leaveOutOtherPods } from "./hooks.js";
import type { PipelineStatus } from "./port.js";
import type { Pushdown } from "./pushdown.js";
import type { SharedState } from "./shared.js";
import type { StreamPlugins } from "./streamPlugins.js";

export interface PipelineParts {
  readonly source: Source;
  readonly scope: string;
  /** How often the cache is swept; undefined: as `CacheSweep` does. */
  readonly sweepEveryMs?: number | undefined;
  readonly decoder: Decoder;
  readonly cache: ProcessCache;
  readonly chain: PluginChain;
  readonly encoder: EventEncoder;
  readonly shared: SharedState;
  /** A framed message with what plugins did, if the stream was not told of it yet. */
  readonly accounts: (group: Group, node: readonly ActivePlugin[]) => Uint8Array | undefined;
  /** Tells processes their pods; undefined: nobody is asked for any. */
  readonly pods: PodStage | undefined;
  /** undefined: the kernel cannot be told what nobody wants, or must not. */
  readonly pushdown: Pushdown | undefined;
  /** Number of the newest event of a pipeline before this one; 0 for the first. */
  readonly sequence: number;
  /** Hands over one run of frames; `bytes` is the receiver's from then on. */
  readonly deliver: (group: number, frames: GroupFrames) => void;
}

/**
 * Source → decode → pods → plugin chain → filter → encode, batch by batch. Events get their numbers
 * when they enter the plugin chain, so numbers are in the order of delivery. Control calls are made between
 * batches, so what they change takes effect at a batch boundary.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  /** The last events, as they came to the plugin chain. */
  readonly recorder = new FlightRecorder();
  readonly #fanOut: FanOut;
  readonly #batch: Event[] = [];
  #losses: SourceLosses = { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 };
  #lossesReadMs = 0;
  readonly #census: Census;
  /** Of the records read since the last batch was sent on. */
  #recordBytes = 0;
  #flushedMs = 0;
  #kept = 0;
  #made = 0;
  #stopping = false;
  #podTimer: NodeJS.Timeout | undefined;
  #sweptMs = 0;
  readonly #cacheSweep: CacheSweep | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { source, cache, sweepEveryMs: everyMs } = parts;
    const hasEnded = source.hasEnded?.bind(source);
    this.#cacheSweep = hasEnded && new CacheSweep({ cache, hasEnded, ...(everyMs && { everyMs }) });
    this.#census = new Census(parts.sequence);
    const { encoder, accounts } = parts;
    this.#fanOut = new FanOut({
      encoder,
      accounts,
      lostRing: () => this.#lostRing(),
      deliver: (group, frames) => {
        parts.shared.addBytesInFlight(frames.bytes.length);
        parts.deliver(group, frames);
      },
    });
  }

  /** Number of the newest event. */
  get sequence(): number {
    return this.#census.sequence;
  }

  /** Runs until the source ends or `stop` is called. @throws what the source throws */
  async run(): Promise<void> {
    const { source, shared } = this.#parts;
    for (;;) {
      shared.beat();
      const stopping = this.#stopping;
      const records = this.#step();
      this.#tick(false);
      // In a flood the next batch is a moment away: fewer and fuller buffers cost less.
      const isFlood = records === batchRecords && performance.now() - this.#flushedMs < mostHeldMs;
      if (!isFlood) this.#flush();
      this.#sweep(records === 0);
      if (records === 0 && stopping) break;
      if (records === 0) {
        if ((await source.wait(this.#idleMs())) === "ended") break;
      } else await turn();
      while (shared.bytesInFlight > maxBytesInFlight && !this.#stopping) {
        shared.beat();
        await sleep(1);
      }
    }
    await this.#letHeldGo();
    this.#tick(true);
    this.#flush();
    this.#readLosses();
  }

  /** A runtime told of a container, or failed to. Called between batches, as all of what follows. */
  podAnswer(id: string, answer: LookupAnswer): void {
    this.#parts.pods?.answer(id, answer, performance.now(), this.#batch);
    this.#deliverBatch();
    this.#flush();
  }

  /** Whether there is a container runtime to ask. */
  setRuntime(isThere: boolean): void {
    this.#parts.pods?.setRuntime(isThere, this.#batch);
    this.#deliverBatch();
    this.#flush();
  }

  /** Lets `run` return once what is in the ring by now is through. */
  stop(): void {
    this.#stopping = true;
  }

  /** @throws GuidestarError if a filter is wrong; then nothing has changed. */
  subscribe(group: number, spec: StreamSpec, plugins?: StreamPlugins): void {
    this.#readLosses();
    this.#fanOut.subscribe(group, spec, plugins);
    this.#parts.pushdown?.subscribe(group, spec);
  }

  /** Sends what waits to be aggregated; later events go as they come. */
  finishAggregation(): void {
    this.#fanOut.finishAggregation();
  }

  unsubscribe(group: number): void {
    this.#parts.pushdown?.unsubscribe(group);
    this.#fanOut.unsubscribe(group);
  }

  status(): PipelineStatus {
    const { source, scope, decoder, cache } = this.#parts;
    this.#readLosses();
    return {
      source: source.name,
      scope,
      seen: this.#census.seen,
      byType: { ...this.#census.byType },
      kept: this.#kept,
      dropped: this.#census.seen - this.#kept,
      made: this.#made,
      lostRing: this.#losses.ring,
      lostRingProcess: this.#losses.ringProcess,
      tableFull: this.#losses.tableFull,
      readFailed: this.#losses.readFailed,
      malformed: decoder.malformed,
      unknownHook: decoder.unknownHook,
      hooks: hookCounts(decoder.hooks),
      dns: decoder.dns,
      records: decoder.records,
      sequence: this.sequence,
      cache: {
        size: cache.size,
        misses: cache.misses,
        evictions: cache.evictions,
        completed: decoder.completed,
        swept: this.#cacheSweep?.swept ?? 0,
        tableSwept: source.tableSwept ?? 0,
      },
      pods: this.#parts.pods?.counts(),
      pushdown: this.#parts.pushdown?.counts(),
    };
  }

  /** One batch. @returns how many records it had. */
  #step(): number {
    const { source, decoder, pods } = this.#parts;
    const batch = this.#batch;
    const nowMs = performance.now();
    decoder.bootToWallNs = source.bootToWallNs;
    const records = source.read(batchRecords, (bytes, view, offset, size) => {
      this.#recordBytes += size;
      let event = decoder.decode(bytes, view, offset, size);
      for (; event; event = decoder.more()) {
        if (pods) pods.take(event, nowMs, batch);
        else batch.push(event);
      }
    });
    this.#deliverBatch();
    return records;
  }

  /** Sends what is in the batch through plugins and filters. */
  #deliverBatch(): void {
    const batch = this.#batch;
    const { pods, decoder, pushdown } = this.#parts;
    if (pods && decoder.hooks?.areForPods) leaveOutOtherPods(batch);
    if (batch.length > 0) {
      this.#census.take(batch);
      this.recorder.addAll(batch, this.#recordBytes);
      this.#recordBytes = 0;
      const kept = this.#parts.chain.run(batch);
      this.#kept += kept.length;
      pushdown?.judge(kept, this.#isTaken);
      this.#fanOut.add(kept);
      this.#addMade();
      batch.length = 0;
      this.#parts.shared.sequence = this.sequence;
    }
    this.#watchHeld();
  }

  readonly #isTaken = (event: Event): boolean => this.#fanOut.isTaken(event);

  /** Hands over to the main thread what is written for streams. */
  #flush(): void {
    this.#fanOut.flush();
    this.#flushedMs = performance.now();
  }

  /** Plugins that work by the clock. `isLast`: no more events will come. */
  #tick(isLast: boolean): void {
    const { chain } = this.#parts;
    chain.tick(isLast);
    this.#addMade();
    this.#fanOut.tick(performance.now(), isLast, chain);
  }

  /** Sends what plugins emitted and found; may be called between batches. */
  #addMade(): void {
    const made = this.#parts.chain.takeMade();
    if (made.length === 0) return;
    this.#made += made.length;
    this.#fanOut.add(made);
  }

  /** Sees to it that events that wait for a pod go when their time is up, whatever else happens. */
  #watchHeld(): void {
    const { pods } = this.#parts;
    clearTimeout(this.#podTimer);
    this.#podTimer = undefined;
    const atMs = pods?.nextTickMs;
    if (atMs === undefined) return;
    this.#podTimer = setTimeout(
      () => {
        pods?.tick(performance.now(), this.#batch);
        this.#deliverBatch();
        this.#flush();
      },
      Math.max(Math.ceil(atMs - performance.now()), 1),
    );
  }

  /** After the source's end. Those that wait may, unless we were told to stop. */
  async #letHeldGo(): Promise<void> {
    const { pods, shared } = this.#parts;
    while (pods && pods.held > 0 && !this.#stopping) {
      shared.beat();
      await sleep(heldEveryMs);
    }
    clearTimeout(this.#podTimer);
    pods?.releaseAll(this.#batch);
    this.#deliverBatch();
  }

  /** Forgets what is gone, now and then. */
  #sweep(isDrained: boolean): void {
    const nowMs = performance.now();
    if (isDrained) this.#cacheSweep?.drained();
    this.#cacheSweep?.step(nowMs);
    this.#parts.source.sweepTable?.(nowMs);
    this.#sweepPods(nowMs);
  }

  #sweepPods(nowMs: number): void {
    const { pods, cache } = this.#parts;
    if (!pods || nowMs - this.#sweptMs < sweepEveryMs) return;
    this.#sweptMs = nowMs;
    const live = new Set<string>();
    for (const { containerId } of cache.live) live.add(containerId);
    pods.sweep(live, nowMs);
  }

  /** Read now and then: it costs a few system calls. */
  #lostRing(): number {
    if (performance.now() - this.#lossesReadMs > lossesEveryMs) this.#readLosses();
    return this.#losses.ring;
  }

  /** How long to wait for events: no longer than until something is due that is aggregated. */
  #idleMs(): number {
    const { deadlineMs } = this.#fanOut;
    if (deadlineMs === undefined) return idleMs;
    return Math.min(idleMs, Math.max(Math.ceil(deadlineMs - performance.now()), 1));
  }

  #readLosses(): void {
    this.#losses = this.#parts.source.losses();
    this.#lossesReadMs = performance.now();
  }
}

const batchRecords = 1024;
/** How long an event may wait for a buffer to fill. */
const mostHeldMs = 4;
const idleMs = 250;
const heldEveryMs = 20;
const sweepEveryMs = 10_000;
const lossesEveryMs = 100;
/** When the main thread lags by this much, the pipeline waits and the ring takes what comes. */
const maxBytesInFlight = 32 << 20;

/** Lets messages from the main thread in. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
