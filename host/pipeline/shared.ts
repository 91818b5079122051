/** Numbers that both threads see without a message. */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #sequence: Float64Array;

  constructor(buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#ints = new Int32Array(buffer, 0, 2);
    this.#sequence = new Float64Array(buffer, 8, 1);
  }

  /** Bytes of frames that are on their way to the main thread. */
  get bytesInFlight(): number {
    return Atomics.load(this.#ints, 0);
  }

  addBytesInFlight(bytes: number): void {
    Atomics.add(this.#ints, 0, bytes);
  }

  /** Changes as long as the worker's loop goes round. */
  get heartbeat(): number {
    return Atomics.load(this.#ints, 1);
  }

  beat(): void {
    Atomics.add(this.#ints, 1, 1);
  }

  /** Sequence number of the newest event that left the decoder. Written by the worker only. */
  get sequence(): number {
    return this.#sequence[0] ?? 0;
  }

  set sequence(value: number) {
    this.#sequence[0] = value;
  }
}
