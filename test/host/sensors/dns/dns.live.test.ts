/** The DNS programs in this machine's kernel, for a process that these tests start, on loopback. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DnsEvent } from "../../../../host/events/model.js";
import { defaultDnsSettings } from "../../../../host/sensors/dns/settings.js";
import { Gated } from "../../../bpf/core/harness.js";
import { soakDns } from "../../../soak/dns.js";
import { startServer } from "../../dns/server.js";
import { watch } from "./harness.js";

const asker = fileURLToPath(new URL("asker.js", import.meta.url));

async function ask(t: TestContext, how: string, names: readonly string[], settings = {}) {
  const server = await startServer(how.endsWith("6") ? "::1" : "127.0.0.1");
  t.after(() => server.close());
  const command = [process.execPath, asker, String(server.port), how, ...names];
  const watched = await watch(t, command, {
    ...defaultDnsSettings,
    ports: [server.port],
    ...settings,
  });
  return { server, watched, ...(await watched.run()) };
}

const short = ({ dns: { message, isTcp, ips } }: DnsEvent) =>
  [
    isTcp ? "TCP" : "UDP",
    message.response ? "answer" : "query",
    message.id,
    message.questions[0]?.name,
    ...ips,
    message.problem ?? "",
  ].join(" ");

for (const how of ["udp", "udp6", "tcp", "tcp6"]) {
  test(`${how}: questions and answers are those of the process that asks`, async (t) => {
    const names = ["one.example", "two.example", "three.example"];
    const { watched, dns, output, server } = await ask(t, how, names);
    assert.deepEqual(output.trim().split("\n").sort(), ["100", "101", "102"]);
    assert.equal(server.asked.udp + server.asked.tcp, 3);
    const transport = how.startsWith("udp") ? "UDP" : "TCP";
    const expected = names.flatMap((name, n) => [
      `${transport} answer ${100 + n} ${name}. 192.0.2.1 `,
      `${transport} query ${100 + n} ${name}. `,
    ]);
    assert.deepEqual(dns.map(short).sort(), expected.sort());
    for (const event of dns) {
      assert.equal(event.process.pid, watched.pid);
      assert.equal(event.process.binary, process.execPath);
      assert.equal(event.dns.server.ip, how.endsWith("6") ? "::1" : "127.0.0.1");
      assert.equal(event.dns.server.port, server.port);
    }
    assert.equal(watched.source.losses().ring, 0);
    assert.equal(watched.decoder.dns?.givenUp, 0);
  });
}

test("2,000 questions a second for three seconds: each question and answer once, none lost", async () => {
  const { asked, answered, queries, answers, wrong, lostRing } = await soakDns(2000, 3);
  assert.equal(asked, 6000);
  assert.deepEqual([queries, answers, wrong, lostRing], [asked, answered, 0, 0]);
});

test("a resolver of Node: aliases, names that do not exist, and answers that take TCP", async (t) => {
  const names = ["alias.example", "nowhere.example", "big.example"];
  const { dns, output, server } = await ask(t, "resolver", names);
  assert.deepEqual(output.trim().split("\n"), ["192.0.2.1", "ENOTFOUND", "120"]);
  assert.deepEqual(server.asked, { udp: 3, tcp: 1 });
  assert.deepEqual(
    dns.map((event) => short(event).replace(/(query|answer) \d+/, "$1")),
    [
      "UDP query alias.example. ",
      "UDP answer alias.example. 192.0.2.1 ",
      "UDP query nowhere.example. ",
      "UDP answer nowhere.example. ",
      "UDP query big.example. ",
      "UDP answer big.example. ",
      "TCP query big.example. ",
      "TCP answer big.example. ",
    ],
  );
  const [, alias, , nowhere, , , , big] = dns.map((event) => event.dns);
  assert.deepEqual(alias?.names, ["alias.example.", "real.alias.example."]);
  assert.equal(nowhere?.message.rcode, 3);
  assert.equal(big?.bytes, 31_589, "30 kB over TCP, put together from pieces of the kernel's");
});

test("questions alone, and no more than so many a second: the rest is counted", async (t) => {
  const names = Array.from({ length: 30 }, (_, n) => `n${n}.example`);
  const alone = await ask(t, "udp", names, { queriesOnly: true });
  assert.equal(alone.dns.length, 30);
  assert.ok(alone.dns.every(({ dns }) => !dns.message.response));
  const few = await ask(t, "udp", names, { maxPerSecond: 10 });
  const { packets, limited } = few.watched.sensor.counts();
  assert.equal(packets, 60);
  assert.equal(few.dns.length, packets - limited);
  assert.ok(limited >= 10, `${limited} were left out`);
});

test("who is not in scope is not seen: the same packets, in the same cgroup", async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const command = [process.execPath, asker, String(server.port), "udp", "a.example"];
  const settings = { ...defaultDnsSettings, ports: [server.port] };
  const watched = await watch(t, [process.execPath, "-e", ""], settings);
  const other = new Gated(command);
  t.after(() => other.kill());
  watched.join(other.pid);
  other.open();
  assert.equal((await other.end()).trim(), "100");
  const { dns } = await watched.run();
  assert.deepEqual(dns, []);
  assert.deepEqual(watched.sensor.counts(), { packets: 0, unowned: 0, limited: 0, cut: 0 });
});
