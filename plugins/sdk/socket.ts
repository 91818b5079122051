import {
  ARG_KIND,
  ARG_KIND_SKB,
  ARG_KIND_SOCK,
  ARG_VALUE,
  SOCK_DESTINATION,
  SOCK_DESTINATION_PORT,
  SOCK_FAMILY,
  SOCK_MARK,
  SOCK_PRIORITY,
  SOCK_PROTOCOL,
  SOCK_SOURCE,
  SOCK_SOURCE_PORT,
  SOCK_STATE,
  SOCK_TYPE,
} from "./abi";
import { Address, addressAt } from "./address";

export enum Family {
  Unix = 1,
  Inet = 2,
  Inet6 = 10,
}

export enum Protocol {
  Icmp = 1,
  Tcp = 6,
  Udp = 17,
  Icmp6 = 58,
  Sctp = 132,
}

/** A socket, a packet (skb) or an address (sockaddr). Only good until `onEvent` returns. */
@unmanaged
export class Socket {
  /** AF_*: `Family.Inet`, `Family.Inet6`, … */
  get family(): Family {
    return load<i32>(changetype<usize>(this), SOCK_FAMILY);
  }

  /** IPPROTO_*: `Protocol.Tcp`, … */
  get protocol(): Protocol {
    return load<i32>(changetype<usize>(this), SOCK_PROTOCOL);
  }

  /** Of a socket, SOCK_*. */
  get type(): u32 {
    return this.isSocket ? load<u32>(changetype<usize>(this), SOCK_TYPE) : 0;
  }

  /** Of a TCP socket: 1 established, 10 listen, … as the kernel has them. */
  get state(): u32 {
    return this.isSocket ? load<u32>(changetype<usize>(this), SOCK_STATE) : 0;
  }

  get saddr(): Address {
    return addressAt(changetype<usize>(this) + SOCK_SOURCE, this.family);
  }

  get daddr(): Address {
    return addressAt(changetype<usize>(this) + SOCK_DESTINATION, this.family);
  }

  get sport(): u32 {
    return load<u32>(changetype<usize>(this), SOCK_SOURCE_PORT);
  }

  get dport(): u32 {
    return load<u32>(changetype<usize>(this), SOCK_DESTINATION_PORT);
  }

  get mark(): u32 {
    return load<u32>(changetype<usize>(this), SOCK_MARK);
  }

  get priority(): u32 {
    return load<u32>(changetype<usize>(this), SOCK_PRIORITY);
  }

  /** The kernel's number of the socket; 0: it has none yet. */
  get cookie(): u64 {
    return this.isSocket ? load<u64>(changetype<usize>(this), ARG_VALUE) : 0;
  }

  /** Of a packet, bytes. */
  get length(): u64 {
    return this.isPacket ? load<u64>(changetype<usize>(this), ARG_VALUE) : 0;
  }

  /** Of a packet. */
  get hash(): u32 {
    return this.isPacket ? load<u32>(changetype<usize>(this), SOCK_TYPE) : 0;
  }

  private get isSocket(): bool {
    return load<i32>(changetype<usize>(this), ARG_KIND) == ARG_KIND_SOCK;
  }

  private get isPacket(): bool {
    return load<i32>(changetype<usize>(this), ARG_KIND) == ARG_KIND_SKB;
  }
}
