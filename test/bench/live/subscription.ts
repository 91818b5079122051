import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { fgs } from "../../../proto/generated/api.js";
import { FrameCounter } from "../delivery/client.js";

/** A window as a native client has it: 64 KiB would measure round trips. */
const windowBytes = 16 << 20;

/** One GetEvents call on bare HTTP/2, counted while it goes on. */
export class Subscription {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #counter = new FrameCounter();
  #wake = () => {};
  /** Resolves when every event from now on will be counted. */
  readonly ready: Promise<void>;

  constructor(socket: string, eventTypes: readonly number[]) {
    this.#session = connect("http://localhost", {
      createConnection: () => connectSocket(socket),
      settings: { initialWindowSize: windowBytes, maxFrameSize: 1 << 20 },
    });
    this.#session.once("connect", () => this.#session.setLocalWindowSize(windowBytes));
    this.#stream = this.#session.request({
      ":method": "POST",
      ":path": "/fgs.FineGuidanceSensors/GetEvents",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const filter = { event_set: [...eventTypes] };
    const request = fgs.GetEventsRequest.encode({ allow_list: [filter] }).finish();
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    this.#stream.end(Buffer.concat([head, request]));
    this.#stream.on("error", () => {});
    this.#stream.on("data", (chunk: Buffer) => {
      this.#counter.take(chunk);
      this.#wake();
    });
    this.ready = new Promise((resolve) => this.#stream.once("response", () => resolve()));
  }

  get events(): number {
    return this.#counter.events;
  }

  /** Until so many have come. @returns false: nothing came for that long */
  async until(count: number, patienceMs = 10_000): Promise<boolean> {
    for (let quietSinceMs = performance.now(); this.events < count; ) {
      if (performance.now() - quietSinceMs > patienceMs) return false;
      const before = this.events;
      await this.#change(patienceMs);
      if (this.events > before) quietSinceMs = performance.now();
    }
    return true;
  }

  /** Some bytes, which may be no whole event, or the time is up. */
  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#stream.close();
    this.#session.destroy();
  }
}
