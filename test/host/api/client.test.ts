import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { formatAddress, parseAddress } from "../../../host/api/address.js";
import { connect } from "../../../host/api/client.js";
import { toNumber } from "../../../host/api/numbers.js";
import { connected, start, temporaryDirectory } from "./harness.js";

test("why there is no connection is one sentence", async (t) => {
  const nothing = `unix://${join(temporaryDirectory(t), "no.sock")}`;
  await assert.rejects(connect({ serverAddress: nothing }), {
    code: "UNAVAILABLE",
    message: `no daemon at ${nothing}: there is no such socket; is it running?`,
  });
  const file = join(temporaryDirectory(t), "file");
  writeFileSync(file, "");
  await assert.rejects(connect({ serverAddress: file }), {
    message: `no daemon at unix://${file}: nothing listens there; is it running?`,
  });
  const { server, address } = await start(t, { listen: ["127.0.0.1:0"] });
  await server.close();
  await assert.rejects(connect({ serverAddress: address }), {
    code: "UNAVAILABLE",
    message: `no daemon at ${address}: nothing listens there; is it running?`,
  });
  await assert.rejects(connect({ serverAddress: "no-such-host.invalid:1" }), {
    message: "no daemon at no-such-host.invalid:1: the host name cannot be resolved",
  });
  await assert.rejects(connect({ serverAddress: "nonsense" }), {
    code: "INVALID_ARGUMENT",
    message: "--server-address: 'nonsense' is no address: write unix:///PATH or HOST:PORT",
  });
});

test("a server that is something else is told from a daemon", async (t) => {
  const http = await listening(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await assert.rejects(connect({ serverAddress: http }), {
    message: `${http} does not speak gRPC; is that a guidestar daemon?`,
  });
  const hangsUp = await listening(t, (socket) => socket.destroy());
  await assert.rejects(connect({ serverAddress: hangsUp }), {
    message: `${hangsUp} closed the connection; does it want TLS, or is it no guidestar daemon?`,
  });
});

test("a server that accepts and says nothing is given up after the connect timeout", async (t) => {
  const silent = await listening(t, () => {});
  await assert.rejects(connect({ serverAddress: silent, connectTimeoutMs: 200 }), {
    code: "UNAVAILABLE",
    message: `${silent} did not answer within 0.2 s`,
  });
});

test("a call to a daemon that hangs is given up after the call timeout", async (t) => {
  const { address, port } = await start(t);
  port.status = () => new Promise(() => {});
  const { node } = await connected(t, { serverAddress: address, callTimeoutMs: 200 });
  await assert.rejects(node.getStatus(), {
    code: "UNAVAILABLE",
    message: `the daemon at ${address} did not answer in time`,
  });
});

test("a connection that breaks in the middle of a stream is an error, and not an end", async (t) => {
  const { address } = await start(t);
  const between: Socket[] = [];
  const serverAddress = await listening(t, (socket) => {
    const onwards = connectSocket(address.replace("unix://", ""));
    between.push(
      socket,
      onwards.on("error", () => {}),
    );
    socket.pipe(onwards).pipe(socket);
  });
  const { sensors } = await connected(t, { serverAddress });
  const stream = sensors.getEvents();
  await stream.ready;
  for (const socket of between) socket.destroy();
  await assert.rejects(
    async () => {
      for await (const _ of stream);
    },
    {
      code: "UNAVAILABLE",
      message: new RegExp(`^the connection to the daemon at ${serverAddress} was lost: `),
    },
  );
});

test("the node's status has counts and streams", async (t) => {
  const { address, port } = await start(t);
  const { node, sensors } = await connected(t, { serverAddress: address });
  port.sequence = 12;
  await sensors.getEvents().ready;
  const status = await node.getStatus();
  assert.equal(status.node_name, "node");
  assert.equal(status.version, "1.2.3");
  assert.equal(status.source, "recording:test");
  assert.equal(status.scope, "all");
  assert.ok(Math.abs(toNumber(status.started?.seconds) - Date.now() / 1000) < 60);
  const { pipeline } = status;
  assert.deepEqual(
    [pipeline?.seen, pipeline?.kept, pipeline?.dropped, pipeline?.lost_ring].map(toNumber),
    [10, 7, 3, 1],
  );
  assert.equal(toNumber(pipeline?.sequence), 12);
  assert.equal(toNumber(status.process_cache?.size), 5);
  assert.deepEqual(
    status.streams.map(({ id, peer, sent }) => [toNumber(id), peer, toNumber(sent)]),
    [[1, "unix", 0]],
  );
});

test("an address that is written and read again is the same", () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const tcp = fc
    .record({
      kind: fc.constant("tcp" as const),
      host,
      port: fc.integer({ min: 0, max: 65535 }),
    })
    .map((address) => ({ ...address }));
  const name = fc.stringMatching(/^[a-z0-9._:?%é ]{1,20}$/);
  const unix = fc
    .array(name, { minLength: 1, maxLength: 3 })
    .map((names) => ({ kind: "unix" as const, path: `/${names.join("/")}` }));
  fc.assert(
    fc.property(fc.oneof(tcp, unix), (address) => {
      assert.deepEqual(parseAddress(formatAddress(address), "--listen"), address);
    }),
  );
});

test("addresses may be written as other tools of gRPC want them", () => {
  const unix = { kind: "unix", path: "/run/s.sock" };
  for (const text of ["unix:///run/s.sock", "unix:/run/s.sock", "/run/s.sock"]) {
    assert.deepEqual(parseAddress(text, "--listen"), unix, text);
  }
  assert.deepEqual(parseAddress("unix:s.sock", "--listen"), { kind: "unix", path: "s.sock" });
  const tcp = { kind: "tcp", host: "localhost", port: 54321 };
  for (const text of ["localhost:54321", "dns:localhost:54321", "dns:///localhost:54321"]) {
    assert.deepEqual(parseAddress(text, "--listen"), tcp, text);
  }
});

/** A TCP server that is no daemon. */
async function listening(t: TestContext, onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    t.after(() => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}
