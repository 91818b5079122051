import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";

export interface Delivered {
  readonly events: number;
  readonly bytes: number;
  /** Of the trailers. */
  readonly lost: number;
  /** From the first event to the end. */
  readonly seconds: number;
}

/** A window as a native client has it: 64 KiB would measure round trips. */
const windowBytes = 16 << 20;

/** Called once so many events have come. */
export interface Mark {
  readonly events: number;
  readonly reached: (events: number) => void;
}

/** Calls GetEvents on bare HTTP/2 and counts messages, to the end of the stream. */
export function countEvents(socket: string, mark: Mark): Promise<Delivered> {
  const session = connect("http://localhost", {
    createConnection: () => connectSocket(socket),
    settings: { initialWindowSize: windowBytes, maxFrameSize: 1 << 20 },
  });
  session.once("connect", () => session.setLocalWindowSize(windowBytes));
  const stream = session.request({
    ":method": "POST",
    ":path": "/fgs.FineGuidanceSensors/GetEvents",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(Buffer.alloc(5));
  const counter = new FrameCounter();
  let startedMs = 0;
  stream.on("data", (chunk: Buffer) => {
    startedMs ||= performance.now();
    const before = counter.events;
    counter.take(chunk);
    if (before < mark.events && counter.events >= mark.events) mark.reached(counter.events);
  });
  return new Promise((resolve, reject) => {
    session.once("error", reject);
    stream.once("error", reject);
    stream.once("trailers", (trailers) => {
      const { events, bytes } = counter;
      const seconds = (performance.now() - startedMs) / 1000;
      if (trailers["grpc-status"] !== "0") reject(new Error(JSON.stringify(trailers)));
      else resolve({ events, bytes, seconds, lost: Number(trailers["guidestar-lost"]) });
      session.close();
    });
  });
}

/** Walks over messages without looking at what is in them. */
export class FrameCounter {
  events = 0;
  bytes = 0;
  /** Of the message at hand, not here yet. */
  #missing = 0;
  readonly #prefix = Buffer.alloc(5);
  #prefixBytes = 0;

  take(chunk: Buffer): void {
    this.bytes += chunk.length;
    let at = this.#missing;
    while (at < chunk.length) {
      if (this.#prefixBytes === 0 && at + 5 <= chunk.length) {
        at += 5 + chunk.readUInt32BE(at + 1);
        this.events++;
        continue;
      }
      this.#prefix[this.#prefixBytes++] = chunk[at++] as number;
      if (this.#prefixBytes < 5) continue;
      this.#prefixBytes = 0;
      at += this.#prefix.readUInt32BE(1);
      this.events++;
    }
    this.#missing = at - chunk.length;
  }
}
