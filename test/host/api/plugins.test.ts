import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  type ClientWritableStream,
  credentials,
  Client as GrpcClient,
  Metadata,
} from "@grpc/grpc-js";
import { toNumber } from "../../../host/api/numbers.js";
import { pluginsService } from "../../../host/api/services.js";
import { GuidestarError } from "../../../host/errors.js";
import type { Prepare } from "../../../host/plugins/manager.js";
import type { guidestar } from "../../../proto/generated/api.js";
import { connected, prepare, start, until } from "./harness.js";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a module goes up in pieces, is listed, replaced and removed", async (t) => {
  const { port, address } = await start(t);
  const { plugins } = await connected(t, { serverAddress: address });
  const module = randomBytes(300_000);
  port.sequence = 41;
  const uploaded = await plugins.upload(module, "noise");
  assert.equal(uploaded.plugin?.version, hash(module));
  assert.equal(toNumber(uploaded.first_sequence), 42);
  assert.equal(uploaded.replaced_version, "");

  const next = randomBytes(1);
  port.sequence = 50;
  const replaced = await plugins.upload(next, "noise");
  assert.equal(replaced.replaced_version, hash(module));
  assert.equal(toNumber(replaced.first_sequence), 51);

  const [listed, ...others] = await plugins.list();
  assert.deepEqual(others, []);
  assert.equal(listed?.name, "noise");
  assert.equal(toNumber(listed?.size), 1);
  assert.equal(toNumber(listed?.uploaded?.seconds), 1_700_000_000);
  assert.equal(listed?.uploaded?.nanos, 123_000_000);

  const removed = await plugins.remove("noise");
  assert.equal(removed.plugin?.version, hash(next));
  assert.equal(toNumber(removed.first_sequence), 51);
  assert.deepEqual(await plugins.list(), []);
  await assert.rejects(plugins.remove("noise"), {
    code: "NOT_FOUND",
    message: "plugin noise does not exist",
  });
});

test("without a name in the header, the manifest names the plugin", async (t) => {
  const names: (string | undefined)[] = [];
  const watching: Prepare = (module, options) => {
    names.push(options.name);
    return prepare(module, options);
  };
  const { address } = await start(t, { prepare: watching });
  const { plugins } = await connected(t, { serverAddress: address });
  await plugins.upload(randomBytes(10));
  await plugins.upload(randomBytes(10), "given");
  assert.deepEqual(names, [undefined, "given"]);
});

test("why a module is refused reaches the uploader, and nothing is activated", async (t) => {
  const { port, address } = await start(t, {
    prepare: async () => {
      throw new GuidestarError("INVALID_ARGUMENT", "the module imports env.open, which is unknown");
    },
  });
  const { plugins } = await connected(t, { serverAddress: address });
  await assert.rejects(plugins.upload(randomBytes(10)), {
    code: "INVALID_ARGUMENT",
    message: "the module imports env.open, which is unknown",
  });
  assert.deepEqual(port.chain, []);
});

test("an oversized module is refused: at once if its header says so, else at the first byte too many", async (t) => {
  let prepared = 0;
  const { address } = await start(t, {
    upload: { bytes: 100_000, timeMs: 5000, atATime: 8 },
    prepare: (module, options) => {
      prepared++;
      return prepare(module, options);
    },
  });
  const { plugins } = await connected(t, { serverAddress: address });
  await assert.rejects(plugins.upload(Buffer.alloc(100_001)), {
    code: "RESOURCE_EXHAUSTED",
    message: "the module has 100001 bytes; this daemon takes at most 100000",
  });
  // A gigabyte without an announcement: the daemon answers long before its end.
  let sent = 0;
  const endless = function* () {
    yield { header: {} };
    for (; sent < 1e9; sent += 60_000) yield { chunk: Buffer.alloc(60_000) };
  };
  await assert.rejects(send(t, address, endless()), {
    details: "the module has too many bytes; this daemon takes at most 100000",
  });
  assert.ok(sent < 50e6, `${sent}`);
  assert.equal(prepared, 0);
  await plugins.upload(Buffer.alloc(100_000));
  assert.equal(prepared, 1);
});

test("an upload that is not as the API says is refused, saying what is wrong", async (t) => {
  const { address } = await start(t);
  const header = { header: { name: "a", size: 3 } };
  const refused: [guidestar.UploadPluginRequest.$Properties[], string][] = [
    [[], "it is empty: a header and the module must come"],
    [[header], "there is a header, but no module behind it"],
    [[{ chunk: Buffer.alloc(1) }], "the first message is not the header"],
    [[{}, header], "the first message is not the header"],
    [[header, header], "there is a second header; send each module in its own call"],
    [[header, {}], "a message is neither a header nor a piece of the module"],
    [[header, { chunk: Buffer.alloc(2) }], "the header announces 3 bytes, but 2 came"],
  ];
  for (const [messages, why] of refused) {
    await assert.rejects(send(t, address, messages), {
      details: `the upload is not as it should be: ${why}`,
    });
  }
});

test("an upload that takes too long, or whose client goes away, leaves nothing behind", async (t) => {
  let prepared = 0;
  const { address, port } = await start(t, {
    upload: { bytes: 1e6, timeMs: 200, atATime: 1 },
    prepare: async (module, options) => {
      prepared++;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return prepare(module, options);
    },
  });
  const client = new GrpcClient(address, credentials.createInsecure());
  t.after(() => client.close());
  const open = () => {
    const { path, requestSerialize, responseDeserialize } = pluginsService.Upload;
    let call: ClientWritableStream<guidestar.UploadPluginRequest.$Properties> | undefined;
    const result = new Promise((resolve, reject) => {
      call = client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        new Metadata(),
        (error, response) => (error === null ? resolve(response) : reject(error)),
      );
    });
    return { call: call as NonNullable<typeof call>, result };
  };
  const slow = open();
  slow.call.write({ header: {} });
  const { plugins } = await connected(t, { serverAddress: address });
  // The place is taken until the slow one's time is up.
  await assert.rejects(plugins.upload(randomBytes(5)), { code: "RESOURCE_EXHAUSTED" });
  await assert.rejects(slow.result, { details: "the upload was not complete after 0.2 s" });

  const gone = open();
  gone.call.write({ header: {} });
  gone.call.write({ chunk: randomBytes(5) });
  gone.call.end();
  await until(() => prepared === 1);
  gone.call.cancel();
  await assert.rejects(gone.result);
  await until(() => port.chain.length > 0, 500).catch(() => {});
  assert.deepEqual(port.chain, []);
  await plugins.upload(randomBytes(5), "works again");
  assert.equal(port.chain.length, 1);
});

test("uploads and removals take effect one at a time, in the order they came", async (t) => {
  const log: string[] = [];
  const { address } = await start(t, {
    prepare: async (module, options) => {
      log.push(`begin ${options.name}`);
      await new Promise((resolve) => setTimeout(resolve, options.name === "a" ? 60 : 5));
      log.push(`end ${options.name}`);
      return prepare(module, options);
    },
  });
  const { plugins } = await connected(t, { serverAddress: address });
  const first = plugins.upload(randomBytes(5), "a");
  await until(() => log.length === 1);
  await Promise.all([first, plugins.upload(randomBytes(5), "b"), plugins.remove("a")]);
  assert.deepEqual(log, ["begin a", "end a", "begin b", "end b"]);
  assert.deepEqual(
    (await plugins.list()).map(({ name }) => name),
    ["b"],
  );
});

/** Sends any messages, and rejects with the bare `ServiceError`. */
function send(
  t: { after(callback: () => void): void },
  address: string,
  messages: Iterable<guidestar.UploadPluginRequest.$Properties>,
): Promise<unknown> {
  const client = new GrpcClient(address, credentials.createInsecure());
  t.after(() => client.close());
  const { path, requestSerialize, responseDeserialize } = pluginsService.Upload;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const call = client.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
      (error, response) => {
        isOver = true;
        if (error === null) resolve(response);
        else reject(error);
      },
    );
    const rest = messages[Symbol.iterator]();
    const more = () => {
      while (!isOver) {
        const next = rest.next();
        if (next.done) return call.end();
        if (!call.write(next.value)) return call.once("drain", more);
      }
    };
    more();
  });
}
