import assert from "node:assert/strict";
import { test } from "node:test";
import { scanRace } from "./scanRaces.js";

const rounds = process.env.GUIDESTAR_IN_GUEST === "1" ? 1 : 12;

test("what forks, execs and ends while tracing of its tree begins is told once and whole", async (t) => {
  let ends = 0;
  for (let round = 0; round < rounds; round++)
    ends += await scanRace({
      scope: (rootPid) => ({ kind: "tree", rootPids: [rootPid] }),
      startAt: 1 + 6 * round,
    });
  assert.ok(ends > rounds * 100, `${ends} ends`);
  t.diagnostic(`${ends} ends in ${rounds} rounds`);
});
