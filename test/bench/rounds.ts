import type { Figure, Measured, Measurement, Result, RunningBench } from "./bench.js";

/** Measures all variants `count` times; `onStep` is told of each measurement before it is made. */
export async function runRounds(
  bench: string,
  { variants, figures }: RunningBench,
  count: number,
  onStep: (text: string) => void,
): Promise<Result[]> {
  const rounds: Measured[] = [];
  const names = Object.keys(variants);
  for (let round = 0; round < count; round++) {
    const measured: Record<string, number> = {};
    // Who comes first finds the machine as the one before left it: take turns.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      onStep(`round ${round + 1} of ${count}: ${name}`);
      globalThis.gc?.();
      keep(measured, name, await (variants[name] as () => Measurement | Promise<Measurement>)());
    }
    rounds.push(strict(bench, measured));
  }
  return figures.map((each) => resultOf(bench, each, rounds));
}

function keep(measured: Record<string, number>, name: string, value: Measurement): void {
  if (typeof value === "number") measured[name] = value;
  else for (const [key, each] of Object.entries(value)) measured[`${name}.${key}`] = each;
}

/** A figure of what was not measured would be NaN, and nobody would notice. */
function strict(bench: string, measured: Readonly<Record<string, number>>): Measured {
  return (name) => {
    const value = measured[name];
    if (value === undefined) throw new Error(`${bench} measured no ${name}`);
    return value;
  };
}

function resultOf(
  bench: string,
  { name, unit, against, goal, of }: Figure,
  all: readonly Measured[],
): Result {
  const rounds = all.map((measured) => of(measured));
  const sorted = rounds.toSorted((a, b) => a - b);
  const median = medianOf(sorted);
  const met = goal && ("most" in goal ? median <= goal.most : median >= goal.least);
  const [low, high] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
  return { bench, figure: name, unit, against, goal, met, median, low, high, rounds };
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
