import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "../../../host/api/client.js";
import { connected, start, temporaryDirectory } from "./harness.js";

/** Keys for tests only: `ca` signed `server` and `client`, and `other` stands alone. */
const pem = (name: string) =>
  fileURLToPath(new URL(`../../../../test/host/api/tls/${name}`, import.meta.url));
const certFile = pem("server.crt");
const keyFile = pem("server.key");
const caFile = pem("ca.crt");

test("TLS serves clients that trust its authority, by name and by address", async (t) => {
  const { address: serverAddress } = await start(t, {
    listen: ["localhost:0"],
    tls: { certFile, keyFile },
  });
  const { sensors } = await connected(t, { serverAddress, tls: { caFile } });
  assert.equal(await sensors.getVersion(), "1.2.3");
  const byAddress = serverAddress.replace("localhost", "127.0.0.1");
  await connected(t, { serverAddress: byAddress, tls: { caFile } });
});

test("a client that does not trust the certificate, or does not speak TLS, is told so", async (t) => {
  const { address } = await start(t, { listen: ["localhost:0"], tls: { certFile, keyFile } });
  await assert.rejects(connect({ serverAddress: address, tls: {} }), {
    code: "UNAVAILABLE",
    message: `cannot connect to ${address}: unable to verify the first certificate`,
  });
  await assert.rejects(connect({ serverAddress: address, tls: { caFile: pem("other.crt") } }), {
    message: /^cannot connect to localhost:\d+: unable to/,
  });
  await assert.rejects(connect({ serverAddress: address, connectTimeoutMs: 3000 }), {
    code: "UNAVAILABLE",
    message: `${address} closed the connection; does it want TLS, or is it no guidestar daemon?`,
  });
});

test("a client that speaks TLS to a server without is told so", async (t) => {
  const { address } = await start(t, { listen: ["localhost:0"] });
  await assert.rejects(connect({ serverAddress: address, tls: { caFile } }), {
    code: "UNAVAILABLE",
    message: `${address} does not speak TLS`,
  });
});

test("with a client CA, only clients with its certificate get in", async (t) => {
  const { address } = await start(t, {
    listen: ["localhost:0"],
    tls: { certFile, keyFile, clientCaFile: caFile },
  });
  const own = { caFile, certFile: pem("client.crt"), keyFile: pem("client.key") };
  const { sensors } = await connected(t, { serverAddress: address, tls: own });
  assert.equal(await sensors.getVersion(), "1.2.3");
  const refused = {
    code: "UNAVAILABLE",
    message: `${address} closed the connection; does it want a client certificate that it trusts?`,
  };
  await assert.rejects(connect({ serverAddress: address, tls: { caFile } }), refused);
  const stranger = { caFile, certFile: pem("other.crt"), keyFile: pem("other.key") };
  await assert.rejects(connect({ serverAddress: address, tls: stranger }), refused);
});

test("TLS is for TCP; a unix socket beside it stays as it is", async (t) => {
  const path = join(temporaryDirectory(t), "s.sock");
  const listen = [path, "localhost:0"];
  const { server } = await start(t, { listen, tls: { certFile, keyFile, clientCaFile: caFile } });
  const { sensors } = await connected(t, { serverAddress: server.addresses[0] });
  assert.equal(await sensors.getVersion(), "1.2.3");
});

test("files that TLS cannot use are named", async (t) => {
  const listen = ["localhost:0"];
  const missing = join(temporaryDirectory(t), "no.crt");
  await assert.rejects(start(t, { listen, tls: { certFile: missing, keyFile } }), {
    code: "INVALID_ARGUMENT",
    message: `cannot read the TLS certificate file ${missing}: there is none`,
  });
  const empty = join(temporaryDirectory(t), "empty.key");
  writeFileSync(empty, "");
  for (const wrong of [empty, pem("other.key")]) {
    await assert.rejects(
      start(t, { listen, tls: { certFile, keyFile: wrong } }),
      (error: Error) => {
        assert.ok(error.message.startsWith(`TLS cannot use ${certFile} and ${wrong}: `));
        return true;
      },
    );
  }
  await assert.rejects(connect({ serverAddress: "localhost:1", tls: { certFile } }), {
    message: "a client certificate and its key go together: give both or neither",
  });
});
