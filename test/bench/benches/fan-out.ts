/** Streams with one filter share the work: what the pipeline takes with one of them, and with a hundred. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, figure } from "../bench.js";
import { writeCallRecording } from "../delivery/recording.js";
import { play } from "../play.js";

export const bench: Bench = {
  name: "fan-out",
  title: "streams with one filter, network aside",
  place: "host",
  async start({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    const recording = join(folder, "calls.rec");
    const events = 50_000;
    writeCallRecording(recording, { processes: 100, calls: events });
    const of = (streams: number) => play({ recording, events, repeat: quick ? 10 : 20, streams });
    return {
      variants: { one: () => of(1), hundred: () => of(100) },
      figures: [
        figure("CPU with one", "µs/event", (m) => m("one")),
        figure("CPU with 100", "×", (m) => m("hundred") / m("one"), { most: 1.5 }, "one stream"),
      ],
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};
