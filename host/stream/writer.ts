import type { Loss } from "./loss.js";

/** The way to one client: the only thing that knows how messages get onto the wire. */
export interface MessageWriter {
  /** Tells the client that its call was accepted. */
  open(): void;
  /** Hands over one encoded message. False: hand over no more until the drain listener is called. */
  write(message: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Ends the call behind all that was written, telling what was lost in total. */
  end(lost: Loss, error: Error | undefined): void;
}
