/**
 * `node asker.js PORT udp|tcp|resolver NAME...`: asks a name server on loopback and prints what came, a line
 * an answer.
 */
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { message, u16 } from "../../dns/packets.js";

const [port = "0", how = "udp", ...names] = process.argv.slice(2);
const address = how.endsWith("6") ? "::1" : "127.0.0.1";
const questions = names.map((name, n) => message({ id: 100 + n, questions: [{ name, type: 1 }] }));

if (how === "resolver") {
  const resolver = new Resolver({ timeout: 20_000 });
  resolver.setServers([`${address}:${port}`]);
  for (const name of names) {
    const isText = name.startsWith("big");
    const answer = isText ? resolver.resolveTxt(name) : resolver.resolve4(name);
    const shown = await answer.catch((error) => error.code);
    console.log(String(isText ? shown.length : shown));
  }
} else if (how.startsWith("udp")) {
  const socket = createSocket(how.endsWith("6") ? "udp6" : "udp4");
  let answers = 0;
  // More than one may come at a time: waiting for one after another would miss some.
  socket.on("message", (answer) => {
    console.log(String(answer.readUInt16BE(0)));
    if (++answers === questions.length) socket.close();
  });
  for (const question of questions) socket.send(question, Number(port), address);
} else {
  const socket = connect(Number(port), address);
  let got = Buffer.alloc(0);
  let answers = 0;
  const read = (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
    while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
      console.log(String(got.readUInt16BE(2)));
      got = got.subarray(2 + got.readUInt16BE(0));
      if (++answers === questions.length) socket.end();
    }
  };
  await once(socket, "connect");
  socket.setNoDelay(true);
  socket.on("data", (bytes) => read(bytes));
  const stream = Buffer.concat(questions.flatMap((question) => [u16(question.length), question]));
  // In pieces that cut through lengths and messages.
  for (let at = 0; at < stream.length; at += 7) {
    socket.write(stream.subarray(at, at + 7));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
