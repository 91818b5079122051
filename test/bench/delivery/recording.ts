import { writeFileSync } from "node:fs";
import { formatHeader } from "../../../host/source/recordingFormat.js";
import { description } from "../../host/events/hook/support.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";

export interface CallsOptions {
  /** Processes that live, and make the calls in turn. */
  readonly processes: number;
  readonly calls: number;
  /** Hooks of as many policies, one each. Default 1. */
  readonly policies?: number;
}

/** What each process is called with; chosen so that an event takes 400 bytes on the wire. */
const file = "/var/lib/app/data/segment-0000";

/** Writes a recording of processes that start, and of calls of theirs that policies watch. */
export function writeCallRecording(path: string, options: CallsOptions): void {
  const header = formatHeader({
    ...{ layout: headerLayout(), bootToWallNs: "1700000000000000000", nodeName: "bench" },
    ...{ kernel: "6.1.0", version: "0", recorded: "2026-01-01T00:00:00.000Z", scope: "all" },
  });
  writeFileSync(path, Buffer.concat([header, ...callRecords(options)]));
}

export function callRecords({ processes, calls, policies = 1 }: CallsOptions): Buffer[] {
  const layout = headerLayout();
  const make = new RecordMaker(layout);
  const shell = { pid: 10, keyNs: 1_000 };
  const started = Array.from({ length: processes }, (_, n) => ({
    pid: 1000 + n,
    keyNs: 1_000_000 + n,
  }));
  const clone = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
  const hooks = Array.from({ length: policies }, (_, n) =>
    description({
      ...{ hook: 1 + n, policy: `watch-${n}`, functionName: "security_file_permission" },
      args: [
        { type: "file", index: 0 },
        { type: "s32", index: 1 },
      ],
    }),
  );
  const records = [
    ...hooks.map((hook) => make.definition(hook)),
    make.exec(
      { "header.pid": shell.pid, "header.key_ns": shell.keyNs },
      { binary: "/bin/bash", cwd: "/root" },
    ),
    ...started.map(({ pid, keyNs }) =>
      make.exec(
        {
          ...{ "header.pid": pid, "header.key_ns": keyNs, "header.time_ns": keyNs, flags: clone },
          ...{ "parent.pid": shell.pid, "parent.key_ns": shell.keyNs },
        },
        { binary: "/usr/bin/server", cwd: "/srv", argv: ["server", "--worker", String(pid)] },
      ),
    ),
  ];
  for (let n = 0; n < calls; n++) {
    const { pid, keyNs } = started[n % processes] as (typeof started)[number];
    const values = {
      ...{ "header.pid": pid, "header.tid": pid, "header.key_ns": keyNs },
      ...{ "header.time_ns": 2_000_000_000 + 1000 * n, hook: 1 + (n % policies), actions: 1 },
      ...{ "parent.pid": shell.pid, "parent.key_ns": shell.keyNs },
    };
    records.push(make.hook(values, [make.path(0, file), make.int(1, BigInt(n % 64))]));
  }
  return records;
}
