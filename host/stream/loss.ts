import { guidestar } from "../../proto/generated/api.js";

/** Events that a stream did not get, by the place that lost them. */
export interface Loss {
  ring: number;
  slowClient: number;
}

const lostField = (2002 << 3) | 2; // fgs.GetEventsResponse.lost, a length-delimited field

const prefixBytes = 5;

/**
 * A framed `fgs.GetEventsResponse` with its `lost` field set. Fields of a message may come in any
 * order, so bytes put behind the message belong to it: it is neither decoded nor changed.
 */
export function withLoss(frame: Uint8Array, { ring, slowClient }: Loss): Buffer {
  const loss = guidestar.Loss.encode({ ring, slow_client: slowClient }).finish();
  const longer = Buffer.concat([frame, varint(lostField), varint(loss.length), loss]);
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
