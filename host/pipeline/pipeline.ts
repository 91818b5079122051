import { CacheSweep } from "../events/cacheSweep.js";
import type { Decoder } from "../events/decoder.js";
import { type EventEncoder, framePrefixBytes } from "../events/encoder.js";
import { type Event, EventType } from "../events/model.js";
import type { ProcessCache } from "../events/processCache.js";
import { WireWriter } from "../events/wire.js";
import type { PluginChain } from "../plugins/chain.js";
import { FlightRecorder } from "../plugins/flightRecorder.js";
import type { ActivePlugin } from "../plugins/prepared.js";
import type { LookupAnswer } from "../pods/answer.js";
import type { PodStage } from "../pods/podStage.js";
import type { Source, SourceLosses } from "../source/source.js";
import { Aggregation } from "../stream/aggregation/aggregation.js";
import { compileFilter } from "../stream/filter.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { Group, type GroupFrames } from "./group.js";
import type { HookCount, PipelineStatus } from "./port.js";
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
  readonly #groups = new Map<number, Group>();
  readonly #frame = new WireWriter(64 * 1024);
  /** For filters that look at messages. */
  readonly #asked = new WireWriter(1024);
  readonly #batch: Event[] = [];
  #losses: SourceLosses = { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 };
  #lossesReadMs = 0;
  #seen = 0;
  readonly #byType: Record<number, number> = {};
  #kept = 0;
  #made = 0;
  #sequence: number;
  #stopping = false;
  #podTimer: NodeJS.Timeout | undefined;
  #sweptMs = 0;
  #accountsMs = 0;
  readonly #cacheSweep: CacheSweep | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { source, cache, sweepEveryMs: everyMs } = parts;
    const hasEnded = source.hasEnded?.bind(source);
    this.#cacheSweep = hasEnded && new CacheSweep({ cache, hasEnded, ...(everyMs && { everyMs }) });
    this.#sequence = parts.sequence;
  }

  /** Number of the newest event. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Runs until the source ends or `stop` is called. @throws what the source throws */
  async run(): Promise<void> {
    const { source, shared } = this.#parts;
    for (;;) {
      shared.beat();
      const stopping = this.#stopping;
      const records = this.#step();
      this.#tick(false);
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
    this.#readLosses();
  }

  /** A runtime told of a container, or failed to. Called between batches, as all of what follows. */
  podAnswer(id: string, answer: LookupAnswer): void {
    this.#parts.pods?.answer(id, answer, performance.now(), this.#batch);
    this.#deliverBatch();
  }

  /** Whether there is a container runtime to ask. */
  setRuntime(isThere: boolean): void {
    this.#parts.pods?.setRuntime(isThere, this.#batch);
    this.#deliverBatch();
  }

  /** Lets `run` return once what is in the ring by now is through. */
  stop(): void {
    this.#stopping = true;
  }

  /** @throws GuidestarError if a filter is wrong; then nothing has changed. */
  subscribe(group: number, spec: StreamSpec, plugins?: StreamPlugins): void {
    const wants = compileFilter(spec, (event) => this.#message(event));
    this.#readLosses();
    const { fields, accounts, aggregation } = spec;
    const ring = this.#losses.ring;
    this.#groups.set(
      group,
      new Group(
        group,
        wants,
        ring,
        fields,
        plugins,
        accounts,
        aggregation && new Aggregation(aggregation),
      ),
    );
    this.#parts.pushdown?.subscribe(group, spec);
  }

  /** Sends what waits to be aggregated; later events go as they come. */
  finishAggregation(): void {
    for (const group of this.#groups.values()) {
      group.aggregation?.finish();
      this.#flush(group);
    }
  }

  /** As a client gets it; until the next call. */
  #message(event: Event): Uint8Array {
    this.#asked.position = 0;
    this.#parts.encoder.encode(event, this.#asked);
    return this.#asked.bytes.subarray(framePrefixBytes, this.#asked.position);
  }

  unsubscribe(group: number): void {
    this.#parts.pushdown?.unsubscribe(group);
    this.#groups.delete(group);
  }

  status(): PipelineStatus {
    const { source, scope, decoder, cache } = this.#parts;
    this.#readLosses();
    return {
      source: source.name,
      scope,
      seen: this.#seen,
      byType: { ...this.#byType },
      kept: this.#kept,
      dropped: this.#seen - this.#kept,
      made: this.#made,
      lostRing: this.#losses.ring,
      lostRingProcess: this.#losses.ringProcess,
      tableFull: this.#losses.tableFull,
      readFailed: this.#losses.readFailed,
      malformed: decoder.malformed,
      unknownHook: decoder.unknownHook,
      hooks: hookCounts(decoder),
      records: decoder.records,
      sequence: this.#sequence,
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
      const event = decoder.decode(bytes, view, offset, size);
      if (!event) return;
      if (pods) pods.take(event, nowMs, batch);
      else batch.push(event);
    });
    this.#deliverBatch();
    return records;
  }

  /** Sends what is in the batch through plugins and filters. */
  #deliverBatch(): void {
    const batch = this.#batch;
    if (this.#parts.pods) leaveOutOtherPods(batch);
    if (batch.length > 0) {
      for (const event of batch) event.sequence = ++this.#sequence;
      this.#seen += batch.length;
      for (const { type } of batch) this.#byType[type] = (this.#byType[type] ?? 0) + 1;
      for (const event of batch) this.recorder.add(event);
      const kept = this.#parts.chain.run(batch);
      this.#kept += kept.length;
      this.#parts.pushdown?.judge(kept, this.#isTaken);
      this.#fanOut(kept);
      this.#fanOutMade();
      batch.length = 0;
      this.#parts.shared.sequence = this.#sequence;
    }
    this.#watchHeld();
  }

  readonly #isTaken = (event: Event): boolean => {
    for (const group of this.#groups.values()) if (group.wants(event)) return true;
    return false;
  };

  /** Plugins that work by the clock. `isLast`: no more events will come. */
  #tick(isLast: boolean): void {
    this.#parts.chain.tick(isLast);
    this.#fanOutMade();
    this.#tickStreams(isLast);
  }

  /** Sends what plugins emitted and found; may be called between batches. */
  #fanOutMade(): void {
    const made = this.#parts.chain.takeMade();
    if (made.length === 0) return;
    this.#made += made.length;
    this.#fanOut(made);
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

  #fanOut(events: readonly Event[]): void {
    if (this.#groups.size === 0) return;
    const { encoder } = this.#parts;
    for (const group of this.#groups.values()) {
      if (group.plugins) this.#addTo(group, group.plugins.run(events.filter(group.wants)));
    }
    for (const event of events) {
      let encoded = false;
      for (const group of this.#groups.values()) {
        if (group.plugins || !group.wants(event) || !group.takes(event)) continue;
        if (!encoded) {
          this.#frame.position = 0;
          encoder.encode(event, this.#frame);
          encoded = true;
        }
        group.add(this.#frame.bytes.subarray(0, this.#frame.position));
        if (group.bytes >= maxFramesBytes) this.#flush(group);
      }
    }
    for (const group of this.#groups.values()) this.#flush(group);
  }

  /** Events of one stream alone. */
  #addTo(group: Group, events: readonly Event[]): void {
    for (const event of events) {
      if (!group.takes(event)) continue;
      this.#frame.position = 0;
      this.#parts.encoder.encode(event, this.#frame);
      group.add(this.#frame.bytes.subarray(0, this.#frame.position));
      if (group.bytes >= maxFramesBytes) this.#flush(group);
    }
  }

  /** What streams with plugins of their own, or that ask for accounts, get by the clock. */
  #tickStreams(isLast: boolean): void {
    const nowMs = performance.now();
    const isDue = isLast || nowMs - this.#accountsMs >= accountsEveryMs;
    if (isDue) this.#accountsMs = nowMs;
    const { chain, accounts } = this.#parts;
    for (const group of this.#groups.values()) {
      if (group.plugins) this.#addTo(group, group.plugins.tick(isLast));
      if (isLast) group.aggregation?.finish();
      else group.aggregation?.tick(nowMs);
      if (isDue && group.wantsAccounts) {
        const frame = accounts(group, chain.list());
        if (frame) group.addWhole(frame);
      }
      this.#flush(group);
    }
  }

  #flush(group: Group): void {
    if (performance.now() - this.#lossesReadMs > lossesEveryMs) this.#readLosses();
    for (;;) {
      const frames = group.take(this.#losses.ring, maxFramesBytes);
      if (!frames) return;
      this.#parts.shared.addBytesInFlight(frames.bytes.length);
      this.#parts.deliver(group.id, frames);
    }
  }

  /** How long to wait for events: no longer than until something is due that is aggregated. */
  #idleMs(): number {
    let idle = idleMs;
    for (const { aggregation } of this.#groups.values()) {
      if (aggregation?.deadlineMs === undefined) continue;
      idle = Math.min(idle, Math.max(Math.ceil(aggregation.deadlineMs - performance.now()), 1));
    }
    return idle;
  }

  #readLosses(): void {
    this.#losses = this.#parts.source.losses();
    this.#lossesReadMs = performance.now();
  }
}

function hookCounts({ hooks }: Decoder): HookCount[] {
  return Array.from(hooks?.hooks ?? [], (hook) => ({
    policy: hook.description.policy,
    hook: hook.name,
    type: hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE,
    events: hook.events,
    elsewhere: hook.elsewhere,
  }));
}

/**
 * Pods are known here and not in the kernel, so here is where policies for some of them are held to
 * it. Where nobody is asked for pods, as when a recording is played, all that was recorded is shown.
 */
function leaveOutOtherPods(batch: Event[]): void {
  let kept = 0;
  for (const event of batch) {
    const hook = "hook" in event ? event.hook : undefined;
    if (hook?.isForPod !== undefined && !hook.isForPod(event.process?.pod)) hook.elsewhere++;
    else batch[kept++] = event;
  }
  batch.length = kept;
}

const batchRecords = 1024;
const idleMs = 250;
const heldEveryMs = 20;
const accountsEveryMs = 1000;
const sweepEveryMs = 10_000;
const lossesEveryMs = 100;
/** A run of frames is handed over before it grows beyond this, or one batch of huge events would. */
const maxFramesBytes = 1 << 20;
/** When the main thread lags by this much, the pipeline waits and the ring takes what comes. */
const maxBytesInFlight = 32 << 20;

/** Lets messages from the main thread in. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
