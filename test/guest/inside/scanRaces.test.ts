import assert from "node:assert/strict";
import { test } from "node:test";
import { scanRace } from "../../host/source/scanRaces.js";

const rounds = 2;

test("what forks, execs and ends while tracing of everything begins is told once and whole", async (t) => {
  let ends = 0;
  for (let round = 0; round < rounds; round++)
    ends += await scanRace({
      scope: () => ({ kind: "all" }),
      startAt: 1 + 10 * round,
    });
  assert.ok(ends > rounds * 100, `${ends} ends`);
  t.diagnostic(`${ends} ends in ${rounds} rounds`);
});
