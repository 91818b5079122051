import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Decoder } from "../../../host/events/decoder.js";
import type { Event } from "../../../host/events/model.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { RecordingSource } from "../../../host/source/recording.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";

test("a recording from before newer fields plays, without them", async () => {
  const file = fileURLToPath(new URL("../../../../host/cli/demo/workload.rec.gz", import.meta.url));
  const source = await RecordingSource.open(parseRecordingSpec(`recording:${file}?speed=max`));
  const layout = {
    structs: { ...source.layout.structs },
    enums: { ...source.layout.enums },
  };
  assert.equal(layout.structs.gs_exec?.fields.file_path_size, undefined, "it is older");
  const cache = new ProcessCache(10_000);
  const decoder = new Decoder({ layout, cache, nodeName: "n", bootToWallNs: source.bootToWallNs });
  const events: Event[] = [];
  source.start();
  do
    while (
      source.read(1000, (...record) => {
        const event = decoder.decode(...record);
        if (event) events.push(event);
      }) > 0
    );
  while ((await source.wait(100)) !== "ended");
  source.close();
  assert.equal(decoder.malformed, 0);
  assert.ok(events.length > 10, `${events.length} events`);
  assert.ok(events.every(({ process }) => process.file === undefined));
  assert.ok(events.some(({ process }) => process.binary.startsWith("/")));
});
