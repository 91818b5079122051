import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import { PipelineHandle } from "../../../host/pipeline/handle.js";
import type { Frames } from "../../../host/pipeline/port.js";
import type { PluginSetup } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { parseRecordingSpec } from "../../../host/source/recordingSpec.js";
import { fgs } from "../../../proto/generated/api.js";
import { temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { compilePlugin } from "./testPlugin.js";

const swaps = 1000;

/** Says who it is and how many events it and its predecessors saw. */
const source = (label: string) => `
  import { annotate, Event, StateReader, StateWriter, Verdict } from "guidestar";
  let count: i64 = 0;
  export function onEvent(event: Event): Verdict {
    count++;
    annotate("by", "${label}");
    annotate("count", count.toString());
    return Verdict.Keep;
  }
  export function onSave(state: StateWriter): void { state.number(count); }
  export function onLoad(state: StateReader): void { count = state.number(); }`;

test("1,000 swaps in a flood: every event seen by exactly one version, the state handed over, none missing", async (t) => {
  const file = path.join(temporaryFolder(t), "flood.rec");
  writeSyntheticRecording(file, { processes: 1000 });
  const mistakes: string[] = [];
  const handle = await PipelineHandle.start({
    source: {
      kind: "recording",
      spec: parseRecordingSpec(`recording:${file}?rate=3000&repeat=10000`),
    },
    ...{ scope: "all", nodeName: "node", processCacheSize: 10_000 },
    ...{ processCred: false, processNs: false, hostNamespaces: [] },
    onRestart: (reason) => mistakes.push(reason),
    onPluginLog: (_plugin, level, line) => {
      // Each handover makes a line; there are more than are told of.
      if (level !== "info" && !line.endsWith("were left out")) mistakes.push(line);
    },
  });
  t.after(() => handle.close());
  const versions = await Promise.all(
    ["a", "b"].map(async (label) => prepareModule(await compilePlugin(source(label)))),
  );
  const setup = (n: number): PluginSetup => ({
    plugin: versions[n % 2] as (typeof versions)[0],
    ...{ instance: n + 1, mode: "enforce", settings: "", uploadedMs: 0 },
  });
  const labels: string[] = [];
  let next = 1;
  let wake = () => {};
  /** Until the event with that number has come. */
  const came = async (sequence: number) => {
    while (next <= sequence)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  const first = await handle.arrange([setup(0)]);
  const fences = [first.firstSequence];
  await handle.subscribe(
    { allow: [], deny: [] },
    {
      end: () => {},
      frames: (frames) => {
        for (const event of decode(frames)) {
          const sequence = toNumber(event.sequence);
          const count = event.annotations["probe.count"];
          if (sequence !== next || count !== String(sequence)) {
            mistakes.push(`${sequence} after ${next - 1}, count ${count}`);
          }
          labels[sequence] = event.annotations["probe.by"] ?? "";
          next = sequence + 1;
        }
        wake();
      },
    },
  );
  await came(1);
  let seen = 0;
  for (let n = 1; n <= swaps; n++) {
    const { firstSequence, removed } = await handle.arrange([setup(n)]);
    fences.push(firstSequence);
    seen += removed[0]?.counts.seen ?? 0;
    await came(firstSequence);
  }
  const last = fences.at(-1) ?? 0;
  assert.equal(seen, last - 1, "the versions before saw all events before the last fence");
  assert.deepEqual(mistakes.slice(0, 5), []);
  for (let n = 0; n < swaps; n++) {
    for (let sequence = fences[n] ?? 0; sequence < (fences[n + 1] ?? 0); sequence++) {
      assert.equal(labels[sequence], "ab"[n % 2], `event ${sequence} after swap ${n}`);
    }
  }
  assert.equal(new Set(fences).size, swaps + 1);
  t.diagnostic(`${last} events`);
});

function* decode({ bytes }: Frames): Generator<fgs.GetEventsResponse> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at + 1);
    yield fgs.GetEventsResponse.decode(bytes.subarray(at + 5, at + 5 + size));
    at += 5 + size;
  }
}
