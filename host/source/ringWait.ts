/** When to look into the ring: a wake-up by the kernel is dear, so it is asked for only when all is quiet. */
import type { RingBuffer } from "../../bpf/libbpf/index.js";
import { openRawMap, type RawMap } from "./rawMap.js";
import { structOf } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

/** How often to look while records come; with the timer's own millisecond no event waits for 5 ms. */
const lookEveryMs = 3;
/** How long nothing must have come before the kernel is asked for a wake-up. */
const quietMs = 20;

const firstKey = new Uint8Array(4);

export class RingWait {
  readonly #ring: RingBuffer;
  readonly #reader: RawMap;
  readonly #sleeps: Uint8Array;
  #busyUntilMs = 0;
  #isAsked = false;

  /** Takes a duplicate of the descriptor of the map `reader`. */
  constructor(ring: RingBuffer, readerFd: number, layout: RecordLayout) {
    const { size } = structOf(layout, "gs_reader");
    this.#ring = ring;
    this.#reader = openRawMap(readerFd, 4, size);
    this.#sleeps = new Uint8Array(size);
    this.#sleeps[0] = 1;
  }

  /** Something was read. */
  read(): void {
    this.#busyUntilMs = performance.now() + quietMs;
    this.#isAsked = false;
  }

  /** Until there is something to read, the time is up, or the ring is closed. */
  async wait(timeoutMs: number): Promise<"ready" | "timeout" | "closed"> {
    const endMs = performance.now() + timeoutMs;
    for (let nowMs = performance.now(); nowMs < this.#busyUntilMs; nowMs = performance.now()) {
      await pause(Math.min(lookEveryMs, Math.max(endMs - nowMs, 0)));
      if (this.#ring.closed) return "closed";
      if (this.#ring.available() > 0) return "ready";
      if (performance.now() >= endMs) return "timeout";
    }
    if (!this.#isAsked) {
      this.#reader.update(firstKey, this.#sleeps);
      this.#isAsked = true;
      // A record that was on its way just then does not wake us.
      const how = await this.#ring.wait(Math.min(lookEveryMs, endMs - performance.now()));
      if (how !== "timeout") return how;
    }
    return this.#ring.wait(Math.max(Math.ceil(endMs - performance.now()), 0));
  }

  /** Twice does no harm. */
  close(): void {
    this.#reader.close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
