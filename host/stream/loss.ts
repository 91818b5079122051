import { guidestar } from "../../proto/generated/api.js";
import type { Frames } from "../pipeline/port.js";

/** Events that a stream did not get, by the place that lost them. */
export interface Loss {
  ring: number;
  slowClient: number;
  /** By the buffer of the stream's aggregation. */
  aggregation: number;
}

export function noLoss(): Loss {
  return { ring: 0, slowClient: 0, aggregation: 0 };
}

/** The sum; changes and returns `to` if there is one. */
export function addLoss(to: Loss | undefined, loss: Partial<Loss>): Loss {
  const sum = to ?? noLoss();
  sum.ring += loss.ring ?? 0;
  sum.slowClient += loss.slowClient ?? 0;
  sum.aggregation += loss.aggregation ?? 0;
  return sum;
}

/** For how many events the messages from the one at `first` on stand. */
export function eventsFrom({ count, counts }: Frames, first: number): number {
  if (!counts) return count - first;
  let sum = 0;
  for (let i = first; i < count; i++) sum += counts[i] ?? 0;
  return sum;
}

const lostField = (2002 << 3) | 2; // fgs.GetEventsResponse.lost, a length-delimited field

const prefixBytes = 5;

/**
 * A framed `fgs.GetEventsResponse` with its `lost` field set. Fields of a message may come in any
 * order, so bytes put behind the message belong to it: it is neither decoded nor changed.
 */
export function withLoss(frame: Uint8Array, loss: Loss): Buffer {
  const { ring, slowClient: slow_client, aggregation } = loss;
  const encoded = guidestar.Loss.encode({ ring, slow_client, aggregation }).finish();
  const longer = Buffer.concat([frame, varint(lostField), varint(encoded.length), encoded]);
  longer.writeUInt32BE(longer.length - prefixBytes, 1);
  return longer;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
