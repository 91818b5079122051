import assert from "node:assert/strict";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { GuidestarError } from "../../../host/errors.js";
import { PipelineHandle, type PipelineHandleOptions } from "../../../host/pipeline/handle.js";
import type { PluginSetup } from "../../../host/plugins/prepared.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";
import { emptyFilter } from "../../../host/stream/filterSpec.js";
import { temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";

function recorded(t: TestContext, options: string): PipelineHandleOptions {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes: 500 });
  return {
    source: { kind: "recording", spec: parseRecordingSpec(`recording:${file}?${options}`) },
    scope: "all",
    nodeName: "node",
    processCacheSize: 1000,
    processCred: false,
    processNs: false,
    hostNamespaces: [],
  };
}

const everything = { allow: [], deny: [] };
const nobody = { frames: () => {}, end: () => {} };
const setup = { plugin: { name: "some-plugin" }, instance: 1 } as PluginSetup;

async function started(t: TestContext, options: PipelineHandleOptions) {
  const handle = await PipelineHandle.start(options);
  t.after(() => handle.close());
  return handle;
}

test("equal streams share one feed, and each gets everything", async (t) => {
  const handle = await started(t, recorded(t, "speed=max&start=stream"));
  const counts = [0, 0, 0];
  const buffers = new Set<ArrayBufferLike>();
  await Promise.all(
    counts.map((_, i) =>
      handle.subscribe(everything, {
        frames: ({ count, bytes }) => {
          counts[i] = (counts[i] ?? 0) + count;
          buffers.add(bytes.buffer);
        },
        end: () => {},
      }),
    ),
  );
  assert.equal(await handle.ended, undefined);
  assert.deepEqual(counts, [1001, 1001, 1001]);
  assert.ok(buffers.size < 10, `${buffers.size} buffers for 1,001 events and three streams`);
});

test("a feed that was closed gets nothing more", async (t) => {
  const handle = await started(t, recorded(t, "rate=5000"));
  let count = 0;
  const feed = await handle.subscribe(everything, {
    frames: (frames) => {
      count += frames.count;
      feed.close();
      feed.close();
    },
    end: () => assert.fail("was told of the end"),
  });
  const others = await handle.subscribe(
    { allow: [], deny: [{ ...emptyFilter, pid: [1] }] },
    nobody,
  );
  await handle.ended;
  others.close();
  assert.ok(count > 0 && count < 1001, `${count} events`);
});

test("a wrong filter is refused, and leaves nothing behind", async (t) => {
  const handle = await started(t, recorded(t, "speed=max"));
  const wrong = { allow: [{ ...emptyFilter, binaryRegex: ["("] }], deny: [] };
  await assert.rejects(handle.subscribe(wrong, nobody), /allow_list\[0\]\.binary_regex\[0\]/);
  await assert.rejects(handle.subscribe(wrong, nobody), /allow_list\[0\]\.binary_regex\[0\]/);
});

test("counts can still be asked for after the end, and after closing", async (t) => {
  const handle = await started(t, recorded(t, "speed=max"));
  await handle.subscribe(everything, nobody);
  await handle.ended;
  assert.equal((await handle.status()).seen, 1001);
  await handle.close();
  await handle.close();
  assert.equal((await handle.status()).seen, 1001);
});

test("hooks cannot be told of where events come from a recording", async (t) => {
  const handle = await started(t, recorded(t, "speed=max"));
  const hook = { hook: 1, policy: "p", functionName: "f", args: [], tags: [] };
  await assert.rejects(
    handle.define([{ ...hook, kind: "function" }]),
    (error) => error instanceof GuidestarError && error.code === "FAILED_PRECONDITION",
  );
  await handle.forget([1]);
});

test("a source that cannot be opened fails the start in one sentence", async (t) => {
  const options = recorded(t, "speed=max");
  const spec = parseRecordingSpec("recording:/does/not/exist");
  await assert.rejects(
    PipelineHandle.start({ ...options, source: { kind: "recording", spec } }),
    /cannot read \/does\/not\/exist/,
  );
});

test("a worker that hangs is replaced: streams and plugins go on, requests are told", async (t) => {
  const reasons: string[] = [];
  const restarted = new Promise<void>((resolve) => {
    const options = {
      ...recorded(t, "speed=max"),
      workerUrl: new URL("./workers/hangs.js", import.meta.url),
      watchdogMs: 1500,
      onRestart: (reason: string) => {
        reasons.push(reason);
        resolve();
      },
    };
    void started(t, options).then(async (handle) => {
      await handle.subscribe(everything, nobody);
      await assert.rejects(handle.status(), /restarted: it did not answer for \d+ s/);
    });
  });
  await restarted;
  assert.match(reasons[0] ?? "", /did not answer/);
});

test("a worker that dies is replaced with its streams, plugins, hooks and sequence numbers", async (t) => {
  const handle = await started(t, {
    ...recorded(t, "speed=max"),
    workerUrl: new URL("./workers/dies.js", import.meta.url),
  });
  await handle.subscribe(everything, nobody);
  await handle.arrange([setup]);
  const of = { policy: "p", kind: "function", functionName: "f", args: [], tags: [] } as const;
  await handle.define([1, 2, 3].map((hook) => ({ hook, ...of })));
  await handle.forget([2]);
  await assert.rejects(handle.status(), /restarted: it failed: boom/);
  assert.deepEqual(await handle.plugins(), {
    sequence: 7,
    subscribed: 1,
    activated: ["some-plugin"],
    hooks: [1, 3],
  });
});

test("a worker that dies again and again ends the streams with the reason", async (t) => {
  const handle = await started(t, {
    ...recorded(t, "speed=max"),
    workerUrl: new URL("./workers/dies.js", import.meta.url),
  });
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  await handle.subscribe(everything, { frames: () => {}, end });
  for (let i = 0; i < 4; i++) await assert.rejects(handle.status(), /boom/);
  assert.match((await ended)?.message ?? "", /failed too often; last: it failed: boom/);
  await assert.rejects(handle.plugins(), /has stopped/);
});

test("a worker that is slow to start is given time", async (t) => {
  const reasons: string[] = [];
  await started(t, {
    ...recorded(t, "speed=max"),
    workerUrl: new URL("./workers/startsSlowly.js", import.meta.url),
    watchdogMs: 1500,
    onRestart: (reason) => reasons.push(reason),
  });
  assert.deepEqual(reasons, []);
});
