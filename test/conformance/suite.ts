/** Runs all cases under one stage, before one daemon: loading the programs takes longer than a case. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { toNumber } from "../../host/api/numbers.js";
import type { Scope } from "../../host/sensors/scope.js";
import { startTestDaemon } from "../support/daemon.js";
import type { Case } from "./case.js";
import { cases } from "./cases/index.js";
import { StageEvents } from "./events.js";
import { matchCase } from "./match.js";
import { Stage } from "./stage.js";

const nodeName = "conformance";

export interface SuiteOptions {
  readonly title: string;
  /** What the daemon traces, given the stage's pid. */
  readonly scope: (stagePid: number) => Scope;
  /** Whether cases may run that change the system. */
  readonly inGuest: boolean;
}

export function conformanceSuite({ title, scope, inGuest }: SuiteOptions): void {
  test(title, async (t) => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "conformance-")));
    chmodSync(folder, 0o755);
    const stage = new Stage(folder);
    try {
      await runCases(t, { folder, stage, scope: scope(stage.pid), inGuest });
    } finally {
      stage.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

interface Run {
  readonly folder: string;
  readonly stage: Stage;
  readonly scope: Scope;
  readonly inGuest: boolean;
}

async function runCases(t: TestContext, { folder, stage, scope, inGuest }: Run): Promise<void> {
  const { connect } = await startTestDaemon(t, {
    scope,
    nodeName,
    processCred: true,
    processNs: true,
    ancestors: true,
  });
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const source = new StageEvents(stream, stage.pid);

  // The first mark shows the stage itself and what is above it.
  const { markPid } = await stage.perform(["/bin/true"], folder);
  const { mark } = await source.until(markPid);
  assert.ok(mark.parent);
  const above = {
    stage: mark.parent,
    aboveStage: mark.ancestors.map(({ exec_id }) => exec_id),
  };

  for (const [number, oneCase] of cases.entries()) {
    const skip = oneCase.guestOnly === true && !inGuest && "it changes the system";
    await t.test(oneCase.name, { skip, timeout: 60_000 }, async () => {
      const own = path.join(folder, String(number));
      const cwd = path.join(own, oneCase.cwd ?? "");
      mkdirSync(own);
      oneCase.prepare?.(own);
      const command = oneCase.run.map((word) => word.replaceAll("@", own));
      const { pid, markPid } = await stage.perform(command, cwd);
      const { events } = await source.until(markPid);
      matchCase(withFolder(oneCase, command), events, {
        nodeName,
        folder: own,
        cwd,
        pid,
        ...above,
      });
    });
  }
  const { pipeline } = await client.node.getStatus();
  assert.equal(toNumber(pipeline?.lost_ring ?? -1), 0, "nothing was lost");
  assert.equal(toNumber(pipeline?.malformed ?? -1), 0);
}

const withFolder = (oneCase: Case, run: readonly string[]): Case => ({ ...oneCase, run });
