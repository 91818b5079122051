import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsMessage } from "../../../host/dns/message.js";
import { parseMessage } from "../../../host/dns/message.js";
import { ipsIn, namesIn } from "../../../host/dns/summary.js";
import { type DnsEvent, EventType } from "../../../host/events/model.js";
import { ip4, message, nameBytes } from "../../host/dns/packets.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compilePlugin } from "../../host/plugins/testPlugin.js";
import { aboutDns } from "./dnsPlugin.js";

/** What a plugin says of a message. */
async function said(read: DnsMessage, isTcp = false): Promise<Record<string, string>> {
  const scene = new Scene();
  const exec = scene.exec(scene.process("/usr/bin/host"));
  const event: DnsEvent = {
    ...exec,
    type: EventType.DNS,
    tid: 77,
    dns: {
      message: read,
      bytes: 123,
      isTcp,
      server: { ip: "2001:db8::53", port: 53 },
      client: { ip: "2001:db8::1", port: 40_000 },
      names: namesIn(read),
      ips: ipsIn(read),
    },
  };
  const chain = await chainOf([await compilePlugin(aboutDns, { events: ["dns"] })]);
  chain.run([exec, event]);
  const [plugin] = chain.list();
  assert.equal(plugin?.counts.failed, 0, plugin?.failure);
  assert.equal(plugin?.counts.seen, 1, "it asked for DNS alone");
  const entries = [...(event.annotations ?? [])];
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(/^probe\./, ""), value]));
}

test("a plugin reads the question, the answer and from whom it came", async () => {
  const bytes = message({
    id: 4711,
    flags: 0x8183,
    questions: [{ name: "www.example.org", type: 28 }],
    answers: [
      { type: 5, data: nameBytes("cdn.example.net") },
      { name: "cdn.example.net", type: 1, data: ip4("192.0.2.7") },
    ],
  });
  assert.deepEqual(await said(parseMessage(bytes), true), {
    query: "www.example.org.",
    names: "www.example.org.,cdn.example.net.",
    ips: "192.0.2.7",
    types: "28:5,1",
    what: "answer TCP 3 4711",
    where: "2001:db8::53 53 40000 77 123",
    problem: "",
  });
});

test("what a message does not have is empty", async () => {
  assert.deepEqual(await said(parseMessage(Buffer.alloc(3))), {
    query: "",
    names: "",
    ips: "",
    types: "0:",
    what: "question UDP 0 0",
    where: "2001:db8::53 53 40000 77 123",
    problem: "it is shorter than the header",
  });
});

test("more names and addresses than a batch shows are cut, and it says so", async () => {
  const answers = Array.from({ length: 200 }, (_, n) => ({
    name: `host-${n}.example.org`,
    type: 1,
    data: ip4(`192.0.2.${n}`),
  }));
  const questions = [{ name: "example.org", type: 1 }];
  const {
    names = "",
    ips = "",
    what,
  } = await said(parseMessage(message({ flags: 0x8180, questions, answers })));
  assert.equal(names.split(",").length, 32);
  assert.equal(ips.split(",").length, 64);
  assert.equal(what, "answer UDP 0 1 cut");
});
