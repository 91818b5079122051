import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import type { TestContext } from "node:test";
import { fgs } from "../../../proto/generated/api.js";

/**
 * A GetEvents call on bare HTTP/2, on a connection of its own. It really does not read when it is
 * told not to: a grpc-js client whose stream is not read goes on taking everything into its memory.
 */
export class RawStream {
  readonly events: fgs.GetEventsResponse[] = [];
  /** `grpc-status` and the other trailers, once the call has ended. */
  readonly trailers: Promise<Record<string, unknown>>;
  /** Resolves when the response headers have come. */
  readonly ready: Promise<void>;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  #rest = Buffer.alloc(0);

  constructor(
    t: TestContext,
    address: string,
    request: fgs.GetEventsRequest.$Properties = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    const path = address.replace(/^unix:\/\//, "");
    this.#session = connect("http://localhost", { createConnection: () => connectSocket(path) });
    this.#session.on("error", () => {});
    t.after(() => this.#session.destroy());
    this.#stream = this.#session.request({
      ":method": "POST",
      ":path": "/fgs.FineGuidanceSensors/GetEvents",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    this.#stream.on("error", () => {});
    this.ready = new Promise((resolve) => this.#stream.once("response", () => resolve()));
    this.trailers = new Promise((resolve) => this.#stream.once("trailers", resolve));
    const message = fgs.GetEventsRequest.encode(request).finish();
    const frame = Buffer.concat([Buffer.alloc(5), message]);
    frame.writeUInt32BE(message.length, 1);
    this.#stream.end(frame);
  }

  /** Resolves when the server has answered; it answers in order. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#session.ping((error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Ends the call, as a client does that wants no more. */
  cancel(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Reads, from now on. */
  read(): void {
    this.#stream.on("data", (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (;;) {
        if (this.#rest.length < 5) return;
        const end = 5 + this.#rest.readUInt32BE(1);
        if (this.#rest.length < end) return;
        this.events.push(fgs.GetEventsResponse.decode(this.#rest.subarray(5, end)));
        this.#rest = this.#rest.subarray(end);
      }
    });
  }
}
