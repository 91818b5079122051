/**
 * What a bench is. Each is a module in `benches/` that exports `bench`, and is listed in `list.ts`.
 *
 * ```ts
 * export const bench: Bench = {
 *   name: "packing",
 *   title: "packing events for plugins",
 *   place: "host",
 *   async start({ quick }) {
 *     const batches = makeBatches(quick ? 20 : 100);
 *     return {
 *       variants: {
 *         "new": () => nsAnEvent(packFresh),     // measured in turn, in each round
 *         "known": () => ({ ns: nsAnEvent(packAgain), bytes: used() }),
 *       },
 *       figures: [
 *         figure("every process known", "ns/event", (m) => m("known.ns")),
 *         figure("known against new", "×", (m) => m("known.ns") / m("new"), { most: 0.5 }, "all new"),
 *       ],
 *       close() {},
 *     };
 *   },
 * };
 * ```
 *
 * A bench has a process of its own (`node --expose-gc`), so that none finds the heap and the compiled code
 * of another. Its variants are measured one after the other in each round, forwards and backwards in turn:
 * whatever else the machine does hits all of them. A figure is computed in each round from what the
 * variants measured in that same round; the table has its median and its spread.
 *
 * `place: "guest"`: runs with `npm run bench -- --guest` only, in the test guest, as root with its kernel
 * to itself; `GUIDESTAR_IN_GUEST` is `1` there.
 */
export interface Bench {
  /** For `--only`: lower case, with hyphens. */
  readonly name: string;
  /** What is measured, in a few words. */
  readonly title: string;
  readonly place: "host" | "guest";
  /** How often all variants are measured. Default 5; with `--quick` no more than 3. */
  readonly rounds?: number;
  /** Makes ready what all rounds need. Rejects if the machine cannot run it: the table says why. */
  start(scale: Scale): Promise<RunningBench>;
}

export interface Scale {
  /** Fewer events: the figures are rougher. */
  readonly quick: boolean;
}

export interface RunningBench {
  /** By name, without a dot. What they return is found under `name`, or under `name.key`. */
  readonly variants: Readonly<Record<string, () => Measurement | Promise<Measurement>>>;
  readonly figures: readonly Figure[];
  close?(): void | Promise<void>;
}

export type Measurement = number | Readonly<Record<string, number>>;

/** What was measured in one round, by `name` or `name.key`. @throws Error if that was not */
export type Measured = (name: string) => number;

export interface Figure {
  readonly name: string;
  /** `×` for a ratio. */
  readonly unit: string;
  /** What it is compared with; "": it stands for itself. */
  readonly against: string;
  /** To be reached; undefined: it is only shown. */
  readonly goal: Goal | undefined;
  of(measured: Measured): number;
}

export type Goal = { readonly most: number } | { readonly least: number };

export function figure(
  name: string,
  unit: string,
  of: Figure["of"],
  goal?: Goal,
  against = "",
): Figure {
  return { name, unit, of, goal, against };
}

/** A figure of all rounds. */
export interface Result {
  readonly bench: string;
  readonly figure: string;
  readonly unit: string;
  readonly against: string;
  readonly goal: Goal | undefined;
  /** undefined: there is no goal. */
  readonly met: boolean | undefined;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** One a round. */
  readonly rounds: readonly number[];
}
