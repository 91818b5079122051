/**
 * Sockets of all kinds in a network of their own, for workloads that only send then: the calls that
 * make them, and what they are.
 */
import { ipv4, ipv6, lengthOf, mapped, uint32, unixName } from "./addresses.js";

type Words = readonly string[];

export class Network {
  /** All calls so far. */
  readonly setUp: Words[] = [];
  /** As workloads write the descriptor: `%N`. By the order in which they were made. */
  readonly sockets: readonly string[];
  /** The other end of the stream; what nobody reads stops what is sent. */
  streamEnd = "";

  constructor() {
    this.#call("unshare", String(0x4000_0000));
    this.#setLoopbackUp();
    for (const [family, address] of receivers) this.#bound(family, datagram, address);
    const loopback = [0, 0, 0, 0, 0, 0, 0, 1];
    this.sockets = [
      this.#connected(2, ipv4("127.0.0.1", 1023), ipv4("127.0.0.2", 53)),
      this.#connected(2, ipv4("127.0.0.1", 1024), ipv4("127.1.2.3", 1023)),
      this.#connected(2, ipv4("127.1.3.3", 5000), ipv4("127.1.3.4", 65_535)),
      this.#connected(10, ipv6(loopback, 6000), ipv6(loopback, 53)),
      this.#connected(10, mapped("127.0.0.1", 6001), mapped("127.1.2.3", 1025)),
      this.#stream(),
      this.#bound(2, datagram, ipv4("0.0.0.0", 7000)),
      this.#local(),
      this.#raw(),
    ];
  }

  #call(...words: Words): string {
    this.setUp.push(words);
    return `%${this.setUp.length - 1}`;
  }

  #setLoopbackUp(): void {
    const request = Buffer.alloc(40);
    request.write("lo");
    request.writeUInt16LE(0x41, 16); // IFF_UP, IFF_RUNNING
    const socket = this.#call("socket", "2", datagram, "0");
    this.#call("ioctl", socket, String(0x8914), `#${request.toString("hex")}`);
  }

  #bound(family: number, type: string, address: string): string {
    const socket = this.#call("socket", String(family), type, "0");
    this.#call("bind", socket, address, lengthOf(address));
    return socket;
  }

  #connected(family: number, from: string, to: string): string {
    const socket = this.#bound(family, datagram, from);
    this.#call("connect", socket, to, lengthOf(to));
    return socket;
  }

  #stream(): string {
    const to = ipv4("127.0.0.1", 8080);
    const listener = this.#bound(2, stream, to);
    this.#call("listen", listener, "1");
    const socket = this.#bound(2, stream, ipv4("127.0.0.1", 1022));
    this.#call("connect", socket, to, lengthOf(to));
    this.streamEnd = this.#call("accept4", listener, "0", "0", "0");
    // What is sent goes out at once: TCP_NODELAY.
    this.#call("setsockopt", socket, "6", "1", uint32(1), "4");
    return socket;
  }

  #local(): string {
    const name = unixName("\0policies");
    this.#call("listen", this.#bound(1, stream, name), "1");
    const socket = this.#call("socket", "1", stream, "0");
    this.#call("connect", socket, name, lengthOf(name));
    return socket;
  }

  /** Of ICMP. */
  #raw(): string {
    return this.#call("socket", "2", "3", "1");
  }
}

const stream = "1";
const datagram = "2";

const receivers = [
  [2, ipv4("127.0.0.2", 53)],
  [2, ipv4("127.1.2.3", 1023)],
  [2, ipv4("127.1.2.3", 1025)],
  [2, ipv4("127.1.3.4", 65_535)],
  [10, ipv6([0, 0, 0, 0, 0, 0, 0, 1], 53)],
] as const;
