/** Runs one bench in this process, started by `main.ts`: `child.js NAME [--quick]`. */
import type { Bench, Result } from "./bench.js";
import { runRounds } from "./rounds.js";

/** What the child tells. */
export type FromChild =
  | { readonly type: "step"; readonly text: string }
  | { readonly type: "results"; readonly results: readonly Result[] };

const defaultRounds = 5;
const quickRounds = 3;

const [name, flag] = process.argv.slice(2);
const quick = flag === "--quick";
const tell = (message: FromChild) => process.send?.(message);

const { bench } = (await import(`./benches/${name}.js`)) as { bench: Bench };
tell({ type: "step", text: "making ready" });
const running = await bench.start({ quick });
const most = bench.rounds ?? defaultRounds;
const rounds = quick ? Math.min(most, quickRounds) : most;
try {
  const onStep = (text: string) => tell({ type: "step", text });
  tell({ type: "results", results: await runRounds(bench.name, running, rounds, onStep) });
} finally {
  await running.close?.();
  process.disconnect?.();
}
