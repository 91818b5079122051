/** Recordings made of nothing but arithmetic, for tests of what comes after the kernel. */

import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { HookDescription } from "../../host/policy/hookSpec.js";
import { formatHeader } from "../../host/source/recordingFormat.js";
import { headerLayout } from "./headerLayout.js";
import { RecordMaker } from "./records.js";

/** Boot time plus this is the wall clock of the recordings. */
export const bootToWallNs = 1_700_000_000_000_000_000n;

export interface SyntheticOptions {
  /** Processes; each forks from a shell, execs and exits: two events. */
  readonly processes: number;
  /** What the process at that place execs. Default: /usr/bin/tool-N. */
  readonly binary?: (index: number) => string;
  /** The cgroup it is in. Default: none. */
  readonly cgroupName?: (index: number) => string;
  /** Bytes of an argument that each has besides its number. Default 0: none. */
  readonly argumentBytes?: number;
  /** Hooks of policies in each of which every process makes one call, with its number as argument. */
  readonly hooks?: readonly HookDescription[];
  /** Time between two records, ns. Default 1,000. */
  readonly stepNs?: number;
}

export const shellPid = 10;

/** Writes the recording; its events are the shell's exec, then exec and exit of each process. */
export function writeSyntheticRecording(file: string, options: SyntheticOptions): void {
  const { processes, binary = (i) => `/usr/bin/tool-${i}`, stepNs = 1000 } = options;
  const { cgroupName = () => "" } = options;
  const more = options.argumentBytes ? ["x".repeat(options.argumentBytes)] : [];
  const layout = headerLayout();
  const make = new RecordMaker(layout);
  const shell = { "parent.pid": shellPid, "parent.key_ns": 1 };
  const clone = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  let now = 1_000_000;
  const next = () => (now += stepNs);
  const { hooks = [] } = options;
  const records = [
    ...hooks.map((hook) => make.definition(hook)),
    make.exec(
      { "header.pid": shellPid, "header.key_ns": 1, "header.time_ns": next() },
      { binary: "/bin/bash", cwd: "/root", argv: ["bash"] },
    ),
  ];
  for (let i = 0; i < processes; i++) {
    // Pids are used again, as they are in life.
    const pid = 1000 + (i % 30_000);
    const forked = next();
    records.push(
      make.fork({ "header.pid": pid, "header.key_ns": forked, "header.time_ns": forked, ...shell }),
    );
    const execed = next();
    const name = { "header.pid": pid, "header.key_ns": execed };
    records.push(
      make.exec(
        { ...name, "header.time_ns": execed, previous_key_ns: forked, flags: clone, ...shell },
        {
          binary: binary(i),
          cwd: "/root",
          cgroupName: cgroupName(i),
          argv: ["tool", String(i), ...more],
        },
      ),
      ...hooks.map(({ hook }) => {
        const values = { ...name, "header.tid": pid, "header.time_ns": next(), hook, actions: 1 };
        return make.hook(values, [make.int(0, BigInt(i))]);
      }),
      make.exit({ ...name, "header.time_ns": next(), ...shell, code: (i % 256) << 8 }),
    );
  }
  const header = formatHeader({
    layout,
    bootToWallNs: String(bootToWallNs),
    nodeName: "recorded",
    kernel: "6.1.0",
    version: "0",
    recorded: "2026-01-01T00:00:00.000Z",
    scope: "all",
  });
  const all = Buffer.concat([header, ...records]);
  writeFileSync(file, file.endsWith(".gz") ? gzipSync(all) : all);
}
