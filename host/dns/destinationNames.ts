/** Names for what calls connect to. */
import { addressText } from "../events/hook/addresses.js";
import { ArgumentCursor } from "../events/hook/argumentCursor.js";
import { ArgumentKind } from "../events/hook/constants.js";
import { type HookEvent, namespaceNames } from "../events/model.js";
import type { NameCache } from "./nameCache.js";

const AF_INET = 2;
const AF_INET6 = 10;
const netIndex = namespaceNames.indexOf("net");

const cursor = new ArgumentCursor();

/** Sets `destinationNames` if a socket, packet or address among the arguments has names. */
export function nameDestination(event: HookEvent, names: NameCache): void {
  if (names.size === 0) return;
  const netNs = event.process.namespaces?.[netIndex] ?? 0;
  if (netNs === 0) return;
  cursor.open(event.data);
  while (cursor.next()) {
    const ip = destination();
    const found = ip === undefined ? undefined : names.namesOf(netNs, ip, event.timeNs);
    if (found === undefined) continue;
    event.destinationNames = found;
    return;
  }
}

/** Of the argument at hand. */
function destination(): string | undefined {
  if (!cursor.hasValue) return undefined;
  const { fields, view } = cursor.data;
  const at = addressAt(fields);
  if (at === undefined) return undefined;
  const family = cursor.u16(at.family);
  if (family === AF_INET) return addressText(view, cursor.start + at.address, family);
  if (family !== AF_INET6) return undefined;
  const text = addressText(view, cursor.start + at.address, family);
  // IPv4 through an IPv6 socket.
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1] ?? text;
}

function addressAt({ sock, skb, sockaddr }: typeof cursor.data.fields) {
  switch (cursor.kind) {
    case ArgumentKind.SOCK:
      return { family: sock.family, address: sock.destination };
    case ArgumentKind.SKB:
      return { family: skb.family, address: skb.destination };
    case ArgumentKind.SOCKADDR:
      return { family: sockaddr.family, address: sockaddr.address };
    default:
      return undefined;
  }
}
