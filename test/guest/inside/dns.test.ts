/** DNS of real programs that ask a real name server, Debian's dnsmasq: each in its own way. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { EventStream } from "../../../host/api/client.js";
import { fgs } from "../../../proto/generated/api.js";
import { startTestDaemon, type TestDaemon } from "../../support/daemon.js";

const run = promisify(execFile);
const inBuild = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const musl = inBuild("test/guest/workloads/musl/lookup");

let server: ChildProcess;

/** Answers from what stands here, and never asks another one. */
const records = [
  "--address=/plain.test/192.0.2.10",
  "--address=/plain.test/2001:db8::10",
  "--cname=alias.test,target.test",
  "--host-record=target.test,192.0.2.20,30",
  "--srv-host=_ldap._tcp.plain.test,plain.test,389,1,2",
  "--txt-record=long.test,".concat(
    Array.from({ length: 12 }, (_, n) => `${n}`.repeat(200)).join(","),
  ),
  "--local=/test/",
];

before(async () => {
  // getent looks no name up on a machine that has no address but that of loopback.
  await run("ip", ["addr", "add", "192.0.2.20/32", "dev", "lo"]);
  const own = ["--no-daemon", "--no-resolv", "--no-hosts", "--user=root", "--group=root"];
  const where = ["--listen-address=127.0.0.1", "--listen-address=::1", "--bind-interfaces"];
  const files = ["--pid-file=", "--conf-file=/dev/null", "--log-facility=-"];
  server = spawn("dnsmasq", [...own, ...where, ...files, ...records], { stdio: "ignore" });
  writeFileSync("/etc/resolv.conf", "nameserver 127.0.0.1\n");
  writeFileSync("/etc/nsswitch.conf", "hosts: files dns\n");
  const deadlineMs = Date.now() + 60_000;
  for (
    const isListening = () => / 0100007F:0035 /.test(readFileSync("/proc/net/udp", "utf8"));
    ;
  ) {
    if (isListening()) return;
    assert.ok(server.exitCode === null && Date.now() < deadlineMs, "dnsmasq does not listen");
    await sleep(50);
  }
});

after(() => server.kill());

interface Seen {
  readonly what: string;
  readonly binary: string;
  readonly execId: string;
  readonly dns: fgs.DnsInfo.$Properties;
}

/** DNS events until one asks for the name that marks the end. */
async function until(stream: EventStream, mark: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const { process_dns } of stream) {
    const dns = process_dns?.dns;
    if (!process_dns || !dns) continue;
    if (dns.query === mark) break;
    const { response, transport, query, rcode, ips } = dns;
    seen.push({
      what: [
        ...[transport, response ? "answer" : "query", query],
        ...(rcode ? [rcode] : []),
        ...[...(ips ?? [])],
      ].join(" "),
      binary: process_dns.process?.binary ?? "",
      execId: process_dns.process?.exec_id ?? "",
      dns,
    });
  }
  return seen;
}

async function eachIsOfWhoAsks({ connect }: TestDaemon) {
  const { sensors } = await connect();
  const stream = sensors.getEvents({ allow_list: [{ event_set: [fgs.EventType.PROCESS_DNS] }] });
  await stream.ready;
  const node = `require("dns").promises.resolveSrv("_ldap._tcp.plain.test").then(a => console.log(String(a[0].port)))`;
  const outputs = await Promise.all([
    run("getent", ["ahostsv4", "plain.test"]),
    run("dig", ["+noall", "+answer", "+notcp", "@127.0.0.1", "alias.test", "A"]),
    run("dig", ["+short", "@::1", "long.test", "TXT", "+bufsize=512"]),
    run(musl, ["alias.test", "plain.test", "nowhere.test"]),
    run("node", ["-e", node]),
  ]);
  const [byGetent, byDig, byTcp, byMusl, byNode] = outputs.map(({ stdout }) => stdout);
  assert.match(byGetent ?? "", /^192\.0\.2\.10 /);
  assert.match(byDig ?? "", /CNAME\ttarget\.test\.\n.*192\.0\.2\.20/);
  assert.match(byTcp ?? "", /"1111/);
  assert.equal(byMusl, "alias.test 192.0.2.20\nplain.test 192.0.2.10\nnowhere.test -\n");
  assert.equal(byNode, "389\n");
  await run("dig", ["+short", "@127.0.0.1", "end.test"]).catch(() => {});
  const seen = await until(stream, "end.test.");

  const of = (binary: RegExp) => seen.filter((each) => binary.test(each.binary));
  const whats = (binary: RegExp) =>
    of(binary)
      .map(({ what }) => what)
      .sort();
  assert.deepEqual(whats(/getent$/), [
    "UDP answer plain.test. 192.0.2.10",
    "UDP query plain.test.",
  ]);
  assert.deepEqual(whats(/\/dig$/), [
    "TCP answer long.test.",
    "TCP query long.test.",
    "UDP answer alias.test. 192.0.2.20",
    "UDP answer long.test.",
    "UDP query alias.test.",
    "UDP query long.test.",
  ]);
  assert.deepEqual(whats(/musl\/lookup$/), [
    "UDP answer alias.test. 192.0.2.20",
    "UDP answer nowhere.test. 3",
    "UDP answer plain.test. 192.0.2.10",
    "UDP query alias.test.",
    "UDP query nowhere.test.",
    "UDP query plain.test.",
  ]);
  assert.deepEqual(whats(/node$/), [
    "UDP answer _ldap._tcp.plain.test.",
    "UDP query _ldap._tcp.plain.test.",
  ]);
  assert.equal(seen.length, 16, "what dnsmasq is asked is not told a second time");
  assert.equal(new Set(of(/\/dig$/).map(({ execId }) => execId)).size, 2, "two processes of dig");
  for (const { dns } of seen) assert.equal(dns.problem, "");

  const alias = of(/\/dig$/).find(({ what }) => what.startsWith("UDP answer alias"))?.dns;
  assert.deepEqual(alias?.names, ["alias.test.", "target.test."]);
  const srv = of(/node$/).find(({ dns }) => dns.response)?.dns;
  assert.deepEqual(
    [srv?.question_types, srv?.answers?.[0]?.type_name, srv?.answers?.[0]?.data],
    [[33], "SRV", "1 2 389 plain.test."],
  );
  const long = of(/\/dig$/).find(({ what }) => what === "TCP answer long.test.")?.dns;
  assert.equal(long?.server_ip, "::1");
  assert.ok((long?.answers?.[0]?.data?.length ?? 0) > 2000, "all of a long answer over TCP");
}

const policy = `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: { name: connections }
spec:
  kprobes:
    - call: tcp_connect
      syscall: false
      args: [{ index: 0, type: sock }]
`;

async function connectionsHaveNames({ connect }: TestDaemon) {
  const { sensors } = await connect();
  await sensors.addTracingPolicy(policy);
  const stream = sensors.getEvents();
  await stream.ready;
  // Nothing listens there: what counts is that it was tried.
  const script = `require("net").connect({ host: "alias.test", port: 9, family: 4 }).on("error", () => {});`;
  await run("node", ["-e", script]);
  for await (const { process_kprobe: call, destination_names: names } of stream) {
    if (call?.args?.[0]?.sock_arg?.daddr !== "192.0.2.20") continue;
    assert.deepEqual(names, ["alias.test."]);
    assert.match(call.process?.binary ?? "", /node$/);
    break;
  }
}

async function settingsHoldAtOnce({ connect }: TestDaemon) {
  const { sensors } = await connect();
  const refused = (promise: Promise<unknown>, what: RegExp) => assert.rejects(promise, what);
  await refused(sensors.setSensorConfig("dns", "ports", "0"), /ports takes 1 to 16 port numbers/);
  const misspelt = sensors.setSensorConfig("dns", "port", "53");
  await refused(misspelt, /no setting "port"; known: ports.*ports/);
  await refused(sensors.getSensorConfig("dns", "x"), /GetConfig failed: there is no setting/);
  await refused(sensors.removeSensor("dns"), /it can be disabled, but not removed/);
  await refused(sensors.addTracingPolicy(policy.replace("connections", "dns")), /already exists/);
  await sensors.setSensorConfig("dns", "queries-only", "true");
  assert.equal(
    await sensors.getSensorConfig("dns", ""),
    "ports=53\nqueries-only=true\nmax-per-second=off",
  );
  const stream = sensors.getEvents({ allow_list: [{ event_set: [fgs.EventType.PROCESS_DNS] }] });
  await stream.ready;
  await run("dig", ["+short", "@127.0.0.1", "plain.test"]);
  await sensors.setSensorConfig("dns", "queries-only", "false");
  await sensors.setSensorConfig("dns", "ports", "5300");
  await run("dig", ["+short", "@127.0.0.1", "plain.test"]);
  await sensors.setSensorConfig("dns", "ports", "53");
  await sensors.disableSensor("dns");
  await run("dig", ["+short", "@127.0.0.1", "plain.test"]);
  await sensors.enableSensor("dns");
  await run("dig", ["+short", "@127.0.0.1", "end.test"]);
  const seen = await until(stream, "end.test.");
  assert.deepEqual(
    seen.map(({ what }) => what),
    ["UDP query plain.test."],
  );
}

test("DNS of everything that asks dnsmasq", async (t) => {
  // Emulation is slow: one daemon is enough.
  const daemon = await startTestDaemon(t, { dns: { enabled: true } });
  const about = {
    "getent, dig, musl and Node: each question and answer is of who asks": eachIsOfWhoAsks,
    "a connection has the name by which its address was asked for": connectionsHaveNames,
    "settings hold for the next packet; what is wrong is told and changes nothing":
      settingsHoldAtOnce,
  };
  for (const [name, check] of Object.entries(about)) await t.test(name, () => check(daemon));
});
