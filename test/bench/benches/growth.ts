/** Whether an event costs more where there are more processes, policies, or plugins that do not want it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { compilePlugin } from "../../host/plugins/testPlugin.js";
import { type Bench, type Figure, figure } from "../bench.js";
import { writeCallRecording } from "../delivery/recording.js";
import { play } from "../play.js";

/** In all of them: the event passes one plugin, as the processes are packed for it. */
const source = `
  import { Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    return event.process.binary.equals("/noise") ? Verdict.Drop : Verdict.Keep;
  }`;
const flat = { most: 1.2 };

export const bench: Bench = {
  name: "growth",
  title: "CPU of an event with more of everything",
  place: "host",
  rounds: 3,
  async start({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    // Played once: the execs at its start are over when the measuring begins.
    const events = quick ? 150_000 : 450_000;
    const repeat = 1;
    const recording = (processes: number, policies: number) => {
      const file = join(folder, `${processes}-${policies}.rec`);
      writeCallRecording(file, { processes, calls: events, policies });
      return file;
    };
    const make = async (of: "kprobe" | "exit") =>
      prepareModule(await compilePlugin(source, { name: `of-${of}`, events: [of] }));
    const wants = await make("kprobe");
    const others = await make("exit");
    const setup = (plugin: typeof wants, instance: number) => {
      const { settings } = plugin;
      return { plugin, instance, mode: "enforce", settings, uploadedMs: 0 } as const;
    };
    const run = (file: string, unsubscribed = 0) => {
      const idle = Array.from({ length: unsubscribed }, (_, n) =>
        setup({ ...others, name: `idle-${n}` }, 2 + n),
      );
      return play({ recording: file, events, repeat, plugins: [setup(wants, 1), ...idle] });
    };
    const few = recording(10, 1);
    const some = recording(1000, 1);
    const many = recording(30_000, 1);
    const policies10 = recording(10, 10);
    const policies50 = recording(10, 50);
    const against =
      (name: string): Figure["of"] =>
      (m) =>
        m(name) / m("base");
    return {
      variants: {
        base: () => run(few),
        "1,000 processes": () => run(some),
        "30,000 processes": () => run(many),
        "10 policies": () => run(policies10),
        "50 policies": () => run(policies50),
        "10 plugins": () => run(few, 10),
        "50 plugins": () => run(few, 50),
      },
      figures: [
        figure("10 processes, 1 policy, 1 plugin", "µs/event", (m) => m("base")),
        figure("1,000 processes", "×", against("1,000 processes"), flat, "10"),
        figure("30,000 processes", "×", against("30,000 processes"), flat, "10"),
        figure("10 policies", "×", against("10 policies"), flat, "1"),
        figure("50 policies", "×", against("50 policies"), flat, "1"),
        figure("10 plugins that do not want it", "×", against("10 plugins"), flat, "none"),
        figure("50 plugins that do not want it", "×", against("50 plugins"), flat, "none"),
      ],
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};
