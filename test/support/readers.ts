/**
 * A thread with many clients that read everything: beside the daemon under test, as clients are.
 * Given `{address, readers}`, posts "ready" when all streams are open, then what each one got.
 */
import { parentPort, workerData } from "node:worker_threads";
import { connect } from "../../host/api/client.js";
import { toNumber } from "../../host/api/numbers.js";

export interface ReadersData {
  readonly address: string;
  readonly readers: number;
}

export interface ReaderResult {
  readonly first: number;
  readonly last: number;
  /** Places where sequence numbers do not follow one another. */
  readonly gaps: number;
}

async function read(stream: AsyncIterable<{ sequence: unknown }>): Promise<ReaderResult> {
  let first = 0;
  let last = 0;
  let gaps = 0;
  for await (const event of stream) {
    const sequence = toNumber(event.sequence as number);
    if (first === 0) first = sequence;
    else if (sequence !== last + 1) gaps++;
    last = sequence;
  }
  return { first, last, gaps };
}

if (parentPort) {
  const { address, readers } = workerData as ReadersData;
  const each = Array.from({ length: readers }, () => connect({ serverAddress: address }));
  const clients = await Promise.all(each);
  const streams = clients.map((client) => client.sensors.getEvents());
  const results = Promise.all(streams.map(read));
  await Promise.all(streams.map((stream) => stream.ready));
  parentPort.postMessage("ready");
  parentPort.postMessage(await results);
  for (const client of clients) client.close();
}
