/** DNS over TCP: messages out of what packets carry, each with its length in front (RFC 7766). */
import { parseMessage } from "./message.js";
import { TcpStream } from "./tcpStream.js";

export interface TcpPiece {
  readonly socket: bigint;
  readonly isAnswer: boolean;
  /** Number of the first byte; without bytes, of the one that would be next. */
  readonly sequence: number;
  readonly bytes: Buffer;
  /** Nothing came before it; nothing comes behind it. */
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Connections followed at a time; the one that was quiet longest goes. */
const mostStreams = 2048;

export class TcpStreams {
  readonly #streams = new Map<string, TcpStream>();
  /** Streams out of which no more messages are read, since something is missing or makes no sense. */
  givenUp = 0;

  get size(): number {
    return this.#streams.size;
  }

  /** Calls `visit` for each message that is whole by now. */
  add(piece: TcpPiece, visit: (message: Buffer) => void): void {
    const key = `${piece.socket}/${piece.isAnswer ? 1 : 0}`;
    let stream = this.#streams.get(key);
    this.#streams.delete(key);
    if (piece.starts || stream === undefined) {
      this.#close(stream);
      stream = new TcpStream(piece.starts ? piece.sequence : undefined, isSound);
    }
    const wasBroken = stream.isBroken;
    stream.add(piece.sequence, piece.bytes, visit);
    if (stream.isBroken && !wasBroken) this.givenUp++;
    if (piece.ends) this.#close(stream);
    else this.#streams.set(key, stream);
    if (this.#streams.size > mostStreams) this.#closeOldest();
  }

  #closeOldest(): void {
    const [oldest] = this.#streams;
    if (oldest === undefined) return;
    this.#streams.delete(oldest[0]);
    this.#close(oldest[1]);
  }

  /** What has begun and did not come to its end is given up. */
  #close(stream: TcpStream | undefined): void {
    if (stream && !stream.isBroken && stream.waitingBytes > 0) this.givenUp++;
  }
}

/** Where nobody saw the beginning, a place is a beginning if there is a message. */
const isSound = (message: Buffer): boolean => parseMessage(message).problem === undefined;
