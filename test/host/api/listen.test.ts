import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { parseAddress } from "../../../host/api/address.js";
import { connect } from "../../../host/api/client.js";
import { checkExposure } from "../../../host/api/exposure.js";
import { bindUnixSocket } from "../../../host/api/unixSocket.js";
import { connected, existingClient, start, temporaryDirectory } from "./harness.js";

test("a unix socket is for its owner alone from the moment it exists, and gone after the stop", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "run/guidestar/s.sock");
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  const bare = createServer();
  const binding = bindUnixSocket(bare, path);
  while (!existsSync(path)) await Promise.resolve();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(process.umask(), 0);
  await binding;
  await new Promise((resolve) => bare.close(resolve));

  const { server, address } = await start(t, { listen: [`unix://${path}`] });
  assert.equal(address, `unix://${path}`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, "run/guidestar")).mode & 0o777, 0o755);
  await connected(t, { serverAddress: address });
  await server.close();
  assert.ok(!existsSync(path));
});

test("the socket of a dead daemon is replaced", async (t) => {
  const path = join(temporaryDirectory(t), "s.sock");
  // A process that binds and dies without a word.
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  await assert.rejects(promisify(execFile)(process.execPath, ["-e", script]));
  assert.ok(statSync(path).isSocket());
  const { address } = await start(t, { listen: [`unix://${path}`] });
  await connected(t, { serverAddress: address });
});

test("the socket of a living daemon is not, and the daemon does not notice", async (t) => {
  const first = await start(t);
  await assert.rejects(start(t, { listen: [first.address] }), {
    code: "FAILED_PRECONDITION",
    message: `cannot listen at ${first.address}: a daemon is already running there; stop it, or choose another path with --listen`,
  });
  const { sensors } = await connected(t, { serverAddress: first.address });
  assert.equal(await sensors.getVersion(), "1.2.3");
});

test("a file that is no socket stays where it is", async (t) => {
  const path = join(temporaryDirectory(t), "notes");
  writeFileSync(path, "dear diary");
  const link = join(temporaryDirectory(t), "link");
  symlinkSync(path, link);
  for (const place of [path, link]) {
    await assert.rejects(start(t, { listen: [place] }), {
      code: "FAILED_PRECONDITION",
      message: `cannot listen at unix://${place}: there is a file that is no socket; remove it, or choose another path with --listen`,
    });
  }
  assert.ok(existsSync(path) && existsSync(link));
});

test("a directory that cannot be made is named", async (t) => {
  const file = join(temporaryDirectory(t), "file");
  writeFileSync(file, "");
  await assert.rejects(start(t, { listen: [`unix://${file}/s.sock`] }), (error: Error) => {
    assert.match(error.message, /^cannot listen at unix:.*cannot make the directory .*file/);
    return true;
  });
});

test("without permission for the directory, the error says what to do", async (t) => {
  const directory = join(temporaryDirectory(t), "closed");
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  await asNobody(async () => {
    await assert.rejects(start(t, { listen: [`unix://${directory}/s.sock`] }), {
      code: "PERMISSION_DENIED",
      message: /^cannot listen at .*s.sock: no permission .*; run as root, or choose another place/,
    });
    await assert.rejects(start(t, { listen: [`unix://${directory}/more/s.sock`] }), {
      code: "PERMISSION_DENIED",
      message: /no permission to make the directory .*closed\/more; run as root/,
    });
  });
});

test("another user cannot connect, nor take the daemon's place", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root can act as two users");
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o777);
  const { address } = await start(t, { listen: [`${directory}/s.sock`] });
  await asNobody(async () => {
    await assert.rejects(connect({ serverAddress: address }), {
      code: "PERMISSION_DENIED",
      message: `no permission to connect to ${address}: the socket belongs to the user that runs the daemon, mostly root`,
    });
    await assert.rejects(start(t, { listen: [address] }), {
      code: "PERMISSION_DENIED",
      message: `cannot listen at ${address}: another user's socket is there; choose another path with --listen`,
    });
  });
  await connected(t, { serverAddress: address });
});

test("localhost is reached by every address it has, on one port", async (t) => {
  const { address, server } = await start(t, { listen: ["localhost:0"] });
  assert.match(address, /^localhost:\d+$/);
  assert.deepEqual(server.addresses, [address]);
  const port = Number(address.split(":")[1]);
  const { call } = existingClient(t, `127.0.0.1:${port}`);
  assert.deepEqual(await call("GetVersion"), { version: "1.2.3" });
});

test("several addresses are listened at, all or none", async (t) => {
  const path = join(temporaryDirectory(t), "s.sock");
  const { server } = await start(t, { listen: [path, "127.0.0.1:0"] });
  assert.equal(server.addresses.length, 2);
  for (const serverAddress of server.addresses) {
    const { sensors } = await connected(t, { serverAddress });
    assert.equal(await sensors.getVersion(), "1.2.3");
  }
  const other = join(temporaryDirectory(t), "s.sock");
  await assert.rejects(start(t, { listen: [other, server.addresses[1] as string] }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!existsSync(other));
});

test("a port in use is one clear sentence", async (t) => {
  const { address } = await start(t, { listen: ["127.0.0.1:0"] });
  await assert.rejects(start(t, { listen: [address] }), {
    code: "FAILED_PRECONDITION",
    message: `cannot listen at ${address}: another program has that port; stop it, or choose another port with --listen`,
  });
});

test("addresses that make no sense are refused before anything is bound", async (t) => {
  const refused: Readonly<Record<string, RegExp>> = {
    localhost: /--listen: 'localhost' is no address: write unix:\/\/\/PATH or HOST:PORT/,
    "localhost:99999": /a port is at most 65535/,
    "https://localhost:1": /the scheme https:\/\/ is not known/,
    "unix://run/x": /starts with a third slash/,
    "unix:": /write unix:/,
    [`unix:///${"x".repeat(200)}`]: /at most 107 bytes/,
    "no-such-host.invalid:1": /the host name cannot be resolved/,
  };
  for (const [listen, message] of Object.entries(refused)) {
    await assert.rejects(start(t, { listen: [listen] }), { code: "INVALID_ARGUMENT", message });
  }
  await assert.rejects(start(t, { listen: [] }), /needs an address/);
  await assert.rejects(start(t, { listen: ["192.0.2.1:0"], insecure: true }), {
    message: "cannot listen at 192.0.2.1:0: this machine does not have that address",
  });
});

test("beyond loopback, TCP needs TLS or an explicit word", async (t) => {
  for (const listen of ["0.0.0.0:0", "[::]:0", "192.0.2.1:5"]) {
    await assert.rejects(start(t, { listen: ["127.0.0.1:0", listen] }), {
      code: "INVALID_ARGUMENT",
      message: `--listen ${listen}: other machines can reach that address; give a TLS certificate and key, or --insecure to serve without encryption and to anyone`,
    });
  }
  const everywhere = [parseAddress("0.0.0.0:1", "--listen"), parseAddress("/s.sock", "--listen")];
  await checkExposure(everywhere, { insecure: true });
  await checkExposure(everywhere, { tls: { certFile: "a", keyFile: "b" } });
});

test("connections that say nothing, or nonsense, do not hold up the stop", async (t) => {
  const { address, server } = await start(t, { listen: ["127.0.0.1:0"] });
  const port = Number(address.split(":")[1]);
  const silent = connectSocket(port, "127.0.0.1");
  const rude = connectSocket(port, "127.0.0.1");
  const closed = [silent, rude].map(
    (socket) =>
      new Promise((resolve) =>
        socket
          .resume()
          .on("error", () => {})
          .on("close", resolve),
      ),
  );
  await Promise.all([silent, rude].map((socket) => new Promise((r) => socket.once("connect", r))));
  rude.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const { sensors } = await connected(t, { serverAddress: address });
  assert.equal(await sensors.getVersion(), "1.2.3");
  await server.close();
  await Promise.all(closed);
});

/** Runs with the rights of an ordinary user, if this process is root. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
