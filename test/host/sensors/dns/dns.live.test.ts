/** The DNS programs in this machine's kernel, for a process that these tests start, on loopback. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DnsEvent } from "../../../../host/events/model.js";
import { defaultDnsSettings } from "../../../../host/sensors/dns/settings.js";
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
