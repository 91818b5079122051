/** A name server of a few lines, on loopback, over UDP and TCP: what it answers is made of the name. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ip4, ip6, message, nameBytes, u16 } from "./packets.js";

export interface TestServer {
  readonly port: number;
  /** Questions that came, over UDP and over TCP. */
  readonly asked: { udp: number; tcp: number };
  close(): void;
}

/**
 * Names that begin with `big` are told to come again over TCP; with `alias`, they have another name; with
 * `no`, they do not exist; `slowN` waits N ms; all others have the address 192.0.2.1.
 */
export async function startServer(address = "127.0.0.1"): Promise<TestServer> {
  const tcp = createServer();
  tcp.listen(0, address);
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
  udp.bind(port, address);
  await once(udp, "listening");
  const asked = { udp: 0, tcp: 0 };
  udp.on("message", (question, from) => {
    asked.udp++;
    const answer = answerTo(question, false);
    setTimeout(() => udp.send(answer, from.port, from.address), delayOf(question)).unref();
  });
  tcp.on("connection", (socket) => {
    let waiting = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        asked.tcp++;
        const answer = answerTo(waiting.subarray(2, end), true);
        socket.write(Buffer.concat([u16(answer.length), answer]));
        waiting = waiting.subarray(end);
      }
    });
  });
  return {
    port,
    asked,
    close: () => {
      udp.close();
      tcp.close();
    },
  };
}

const A = 1;
const CNAME = 5;
const TXT = 16;
const AAAA = 28;

function questionIn(bytes: Buffer): { name: string; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: bytes.readUInt16BE(at + 1) };
}

const delayOf = (bytes: Buffer): number =>
  Number(/^slow(\d+)/.exec(questionIn(bytes).name)?.[1] ?? 0);

function answerTo(bytes: Buffer, isTcp: boolean): Buffer {
  const question = questionIn(bytes);
  const { name, type } = question;
  const answer = { id: bytes.readUInt16BE(0), questions: [question] };
  if (name.startsWith("no")) return message({ ...answer, flags: 0x8183 });
  if (name.startsWith("big")) {
    if (!isTcp) return message({ ...answer, flags: 0x8380 });
    const text = Buffer.concat([Buffer.of(250), Buffer.alloc(250, "x")]);
    const answers = Array.from({ length: 120 }, () => ({ type: TXT, data: text }));
    return message({ ...answer, flags: 0x8180, answers });
  }
  const addresses = (owner?: string) => {
    const data = type === A ? ip4("192.0.2.1") : ip6("2001:db8:0:0:0:0:0:1");
    const record = { type, data, ...(owner !== undefined && { name: owner }) };
    return type === A || type === AAAA ? [record] : [];
  };
  if (!name.startsWith("alias")) return message({ ...answer, flags: 0x8180, answers: addresses() });
  const target = `real.${name}`;
  const answers = [{ type: CNAME, data: nameBytes(target) }, ...addresses(target)];
  return message({ ...answer, flags: 0x8180, answers });
}
