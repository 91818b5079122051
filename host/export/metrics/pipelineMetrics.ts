import type { Registry } from "prom-client";
import { fgs } from "../../../proto/generated/api.js";
import { EventType } from "../../events/model.js";
import type { HookCount, PipelineStatus } from "../../pipeline/port.js";
import { instrument, type Kind } from "./instruments.js";

/** What the pipeline, its source and its process cache count. */
export function pipelineMetrics(registry: Registry, processCacheSize: number) {
  const make = (kind: Kind, name: string, help: string, labels: readonly string[] = []) =>
    instrument(registry, kind, name, help, labels);
  const events = make("counter", "events_total", "Events that entered the plugin chain", ["type"]);
  const outcomes = make(
    "counter",
    "pipeline_events_total",
    "Events that left the plugin chain: kept for the streams, or dropped by a plugin",
    ["outcome"],
  );
  const records = make("counter", "records_total", "Raw records read from the source");
  const malformed = make("counter", "records_malformed_total", "Records that were not decodable");
  const unknownHook = make(
    "counter",
    "records_unknown_hook_total",
    "Records of policies' hooks that nothing is known of",
  );
  const policyEvents = make(
    "counter",
    "policy_events_total",
    "Calls that hooks of policies told of",
    ["policy", "hook", "type"],
  );
  const policyElsewhere = make(
    "counter",
    "policy_events_elsewhere_total",
    "Of these, calls left out because the policy is for other pods",
    ["policy", "hook", "type"],
  );
  const lostRing = make(
    "counter",
    "observer_ringbuf_events_lost_total",
    "Records that the kernel lost because its ring buffer was full",
  );
  const lostRingProcess = make(
    "counter",
    "observer_ringbuf_process_events_lost_total",
    "Of these, records of processes: forks, execs and exits",
  );
  const tableFull = make(
    "counter",
    "process_table_full_total",
    "Processes without room in the kernel's process table",
  );
  const readFailed = make("counter", "kernel_read_failed_total", "Reads that failed in the kernel");
  const size = make("gauge", "process_cache_size", "Live processes that are remembered");
  const capacity = make("gauge", "process_cache_capacity", "Most live processes remembered");
  const misses = make(
    "counter",
    "process_cache_misses_total",
    "Look-ups of a process that was not known",
  );
  const evictions = make(
    "counter",
    "process_cache_evictions_total",
    "Live processes forgotten because the cache was full",
  );
  const completed = make(
    "counter",
    "process_cache_completed_total",
    "Unknown processes that /proc could still tell of",
  );
  const swept = make(
    "counter",
    "process_cache_swept_total",
    "Processes forgotten that had ended unseen, because the record of their end was lost",
  );
  const tableSwept = make(
    "counter",
    "process_table_swept_total",
    "Entries taken out of the kernel's process table whose end no program saw",
  );
  const dnsMessages = make("counter", "dns_messages_total", "DNS messages that were read", [
    "state",
  ]);
  const dnsGivenUp = make(
    "counter",
    "dns_streams_given_up_total",
    "Directions of TCP connections with DNS that could not be followed to their end",
  );
  const dnsNames = make("gauge", "dns_names", "Addresses whose names are known");
  return (status: PipelineStatus) => {
    events(eventTypes.map(([name, type]) => [{ type: name }, status.byType[type] ?? 0]));
    outcomes([
      [{ outcome: "kept" }, status.kept],
      [{ outcome: "dropped" }, status.dropped],
    ]);
    records(status.records);
    malformed(status.malformed);
    unknownHook(status.unknownHook);
    policyEvents(policyCounts(status, ({ events }) => events));
    policyElsewhere(policyCounts(status, ({ elsewhere }) => elsewhere));
    const { messages = 0, malformed: broken = 0, givenUp = 0, names = 0 } = status.dns ?? {};
    dnsMessages([
      [{ state: "whole" }, messages - broken],
      [{ state: "malformed" }, broken],
    ]);
    dnsGivenUp(givenUp);
    dnsNames(names);
    lostRing(status.lostRing);
    lostRingProcess(status.lostRingProcess);
    tableFull(status.tableFull);
    readFailed(status.readFailed);
    size(status.cache.size);
    capacity(processCacheSize);
    misses(status.cache.misses);
    evictions(status.cache.evictions);
    completed(status.cache.completed);
    swept(status.cache.swept);
    tableSwept(status.cache.tableSwept);
  };
}

/** A policy may have several hooks in one place. */
function policyCounts({ hooks }: PipelineStatus, value: (hook: HookCount) => number) {
  const counts = new Map<string, readonly [Record<string, string>, number]>();
  for (const each of hooks) {
    const { policy, hook, type } = each;
    const labels = { policy, hook, type: fgs.EventType[type] as string };
    const key = JSON.stringify(labels);
    counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + value(each)]);
  }
  return [...counts.values()];
}

/** With the names that they have on the wire. */
const eventTypes = Object.values(EventType).map(
  (type) => [fgs.EventType[type] as string, type] as const,
);
