import assert from "node:assert/strict";
import { test } from "node:test";
import { figure } from "./bench.js";
import { benches } from "./list.js";
import { runRounds } from "./rounds.js";
import { round, table } from "./table.js";

test("variants take turns, forwards and backwards, and a figure is made of one round", async () => {
  const order: string[] = [];
  let n = 0;
  const results = await runRounds(
    "b",
    {
      variants: {
        one: () => {
          order.push("one");
          return ++n;
        },
        two: () => {
          order.push("two");
          return { at: 10 * n };
        },
      },
      figures: [
        figure("ratio", "×", (m) => m("two.at") / m("one"), { most: 10 }, "one"),
        figure("sum", "", (m) => m("two.at") + m("one"), { least: 100 }),
      ],
    },
    3,
    () => {},
  );
  assert.deepEqual(order, ["one", "two", "two", "one", "one", "two"]);
  const [ratio, sum] = results;
  // Round 2 measured two.at before one grew.
  assert.deepEqual(ratio?.rounds, [10, 5, 10]);
  assert.deepEqual([ratio?.median, ratio?.low, ratio?.high, ratio?.met], [10, 5, 10, true]);
  assert.deepEqual([sum?.median, sum?.met], [12, false]);
  const text = table(results, false);
  assert.match(text, /^b +ratio +10 +5…10 +× +one +≤ 10 +✓$/m);
  assert.match(text, /sum +12 +11…33 +≥ 100 +missed$/m);
});

test("a figure of what was not measured fails, and says what", async () => {
  const running = { variants: { a: () => 1 }, figures: [figure("f", "", (m) => m("a.b"))] };
  await assert.rejects(
    runRounds("b", running, 1, () => {}),
    /b measured no a\.b/,
  );
});

test("figures have three digits", () => {
  assert.deepEqual([round(1234.5), round(0.012345), round(99.44)], ["1,235", "0.0123", "99.4"]);
});

test("every bench is listed once, and found by its name", async () => {
  assert.equal(new Set(benches.map(({ name }) => name)).size, benches.length);
  for (const bench of benches)
    assert.equal((await import(`./benches/${bench.name}.js`)).bench, bench);
});
