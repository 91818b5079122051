import { typeName } from "../dns/types.js";
import { MessageBuilder } from "./messageBuilder.js";
import type { DnsEvent } from "./model.js";

/** What a DNS event has besides its processes: fields of `fgs.ProcessDns`. */
export function encodeDns({ dns, tid }: DnsEvent): Uint8Array {
  const { message, names, ips, isTcp, server, client, bytes } = dns;
  const info = new MessageBuilder()
    .packed(
      1,
      message.questions.map(({ type }) => type),
    )
    .packed(
      2,
      message.answers.map(({ type }) => type),
    )
    .uint(3, message.rcode);
  for (const name of names) info.string(4, name);
  for (const ip of ips) info.string(5, ip);
  info
    .string(6, message.questions[0]?.name ?? "")
    .uint(7, message.response ? 1 : 0)
    .string(2000, isTcp ? "TCP" : "UDP")
    .string(2001, server.ip)
    .uint(2002, server.port)
    .string(2003, client.ip)
    .uint(2004, client.port)
    .uint(2005, message.id)
    .uint(2006, message.flags);
  for (const { name, type, ttl, data } of message.answers) {
    const record = new MessageBuilder()
      .string(1, name)
      .uint(2, type)
      .string(3, typeName(type))
      .uint(4, ttl)
      .string(5, data);
    info.message(2007, record.finish());
  }
  info
    .wrappedUint(2008, message.udpSize)
    .uint(2009, bytes)
    .string(2010, message.problem ?? "");
  return new MessageBuilder().message(3, info.finish()).uint(2002, tid).finish();
}
