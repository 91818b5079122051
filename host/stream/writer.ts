import type { Loss } from "./loss.js";

/** The way to one client: the only thing that knows how messages get onto the wire. */
export interface MessageWriter {
  /** Bytes that one write should have at most; one message may be longer, and goes alone. */
  readonly mostBytes: number;
  /** Tells the client that its call was accepted. */
  open(): void;
  /**
   * Hands over whole framed messages, never written to again: one if `mostBytes` is 0. False: hand
   * over no more until the drain listener is called.
   */
  write(frames: Buffer, count: number): boolean;
  onDrain(listener: () => void): void;
  /** Ends the call behind all that was written, telling what was lost in total. */
  end(lost: Loss, error: Error | undefined): void;
}
