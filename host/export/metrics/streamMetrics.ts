import type { Registry } from "prom-client";
import type { StreamTotals } from "../../stream/subscribers.js";
import type { ExportStatus } from "../config.js";
import { instrument } from "./instruments.js";

/** All GetEvents streams together: clients come and go, and each would be a series. */
export function streamMetrics(registry: Registry) {
  const open = instrument(registry, "gauge", "streams", "Event streams that are open");
  const queued = instrument(
    registry,
    "gauge",
    "stream_queued_events",
    "Events that wait for clients",
  );
  const sent = instrument(
    registry,
    "counter",
    "stream_events_sent_total",
    "Events sent to clients",
  );
  const lost = instrument(
    registry,
    "counter",
    "notify_overflowed_events_total",
    "Events that clients lost because they read too slowly",
  );
  const aggregation = instrument(
    registry,
    "counter",
    "stream_aggregation_dropped_events_total",
    "Events that the buffer of a stream's aggregation had no room for",
  );
  return (totals: StreamTotals) => {
    open(totals.open);
    queued(totals.queued);
    sent(totals.sent);
    lost(totals.lost);
    aggregation(totals.lostAggregation);
  };
}

/** The export to a file. */
export function exportMetrics(registry: Registry) {
  const written = instrument(
    registry,
    "counter",
    "export_events_total",
    "Events written to the file",
  );
  const bytes = instrument(registry, "counter", "export_bytes_total", "Bytes written to the file");
  const queued = instrument(
    registry,
    "gauge",
    "export_queued_events",
    "Events that wait for the file",
  );
  const dropped = instrument(
    registry,
    "counter",
    "export_events_dropped_total",
    "Events that were not written to the file",
    ["reason"],
  );
  const rotations = instrument(
    registry,
    "counter",
    "export_rotations_total",
    "Rotations of the file",
  );
  const failing = instrument(registry, "gauge", "export_failing", "1 while nothing can be written");
  return (status: ExportStatus) => {
    written(status.written);
    bytes(status.bytes);
    queued(status.queued);
    dropped([
      [{ reason: "queue_full" }, status.lostQueueFull],
      [{ reason: "write_failed" }, status.lostWriteFailed],
      [{ reason: "rate_limited" }, status.rateLimited],
      [{ reason: "aggregation_full" }, status.lostAggregation],
    ]);
    rotations(status.rotations);
    failing(status.failure === "" ? 0 : 1);
  };
}
