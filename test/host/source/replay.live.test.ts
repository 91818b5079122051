/** What is recorded plays as it was seen live. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Decoder } from "../../../host/events/decoder.js";
import { EventEncoder, framePrefixBytes } from "../../../host/events/encoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { WireWriter } from "../../../host/events/wire.js";
import { loadBase } from "../../../host/sensors/base.js";
import { openLiveSource } from "../../../host/source/live.js";
import { Recorder } from "../../../host/source/recorder.js";
import { RecordingSource } from "../../../host/source/recording.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";
import type { RecordLayout, RecordVisitor, Source } from "../../../host/source/source.js";
import { fgs } from "../../../proto/generated/api.js";
import { Gated } from "../../bpf/core/harness.js";
import { temporaryFolder } from "../../support/daemon.js";

const act = fileURLToPath(new URL("../../conformance/workloads/act", import.meta.url));
const nop = fileURLToPath(new URL("../../bpf/core/workloads/nop", import.meta.url));

/** Makes events of records one by one, each encoded at once. */
class Events {
  readonly seen: unknown[] = [];
  readonly #decoder: Decoder;
  readonly #encoder: EventEncoder;

  constructor(layout: RecordLayout, bootToWallNs: bigint, hostNamespaces: readonly number[]) {
    const nodeName = "replayed";
    const cache = new ProcessCache(1000);
    this.#decoder = new Decoder({ layout, cache, nodeName, bootToWallNs });
    const all = { capabilities: true, namespaces: true, ancestors: true };
    this.#encoder = new EventEncoder({ nodeName, hostNamespaces, ...all });
  }

  readonly take: RecordVisitor = (bytes, view, offset, size) => {
    const event = this.#decoder.decode(bytes, view, offset, size);
    if (event === undefined) return;
    const writer = new WireWriter();
    this.#encoder.encode(event, writer);
    const message = writer.bytes.subarray(framePrefixBytes, writer.position);
    const response = fgs.GetEventsResponse.decode(message);
    this.seen.push(fgs.GetEventsResponse.toObject(response, { longs: String }));
  };
}

test("a recording plays event by event as it was seen live, in everything that events tell", async (t) => {
  const file = path.join(temporaryFolder(t), "live.rec.gz");
  const ops = ["memfd", "7", nop, "fork", "[", "at", "7", "", "x y", ";", "]", "wait"];
  const more = [
    "fork",
    "[",
    "fork",
    "[",
    "orphaned",
    "exec",
    nop,
    ";",
    "]",
    "exit",
    "3",
    "]",
    "wait",
  ];
  const gated = new Gated([act, ...ops, ...more, "exec", nop, "z".repeat(40_000)]);
  t.after(() => gated.kill());
  const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid], spawned: true } });
  const live = openLiveSource(base.source);
  const { layout, bootToWallNs } = live;
  const seen = new Events(layout, bootToWallNs, base.hostNamespaces);
  const tee: Source = {
    name: live.name,
    layout,
    bootToWallNs,
    read: (most, visit) =>
      live.read(most, (...record) => {
        seen.take(...record);
        visit(...record);
      }),
    wait: (timeoutMs) => live.wait(timeoutMs),
    losses: () => live.losses(),
    close: () => live.close(),
  };
  const recorder = new Recorder(tee, file, {
    layout,
    bootToWallNs: String(bootToWallNs),
    nodeName: "replayed",
    kernel: "",
    version: "",
    recorded: new Date().toISOString(),
    scope: "",
    hostNamespaces: base.hostNamespaces,
  });
  const recorded = recorder.run();
  gated.open();
  await gated.end();
  recorder.stop();
  await recorded;
  live.close();
  base.close();

  const replay = await RecordingSource.open(parseRecordingSpec(`recording:${file}?speed=max`));
  const { header } = replay;
  const again = new Events(replay.layout, replay.bootToWallNs, header.hostNamespaces ?? []);
  replay.start();
  do while (replay.read(100, again.take) > 0);
  while ((await replay.wait(100)) !== "ended");
  replay.close();
  assert.ok(seen.seen.length >= 8, `${seen.seen.length} events`);
  assert.deepEqual(again.seen, seen.seen);
});
