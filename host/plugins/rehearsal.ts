import { GuidestarError } from "../errors.js";
import type { Event } from "../events/model.js";
import { PLUGIN_LIMITS } from "./limits.js";
import { load } from "./loaded.js";
import type { PluginCounts, PreparedPlugin } from "./prepared.js";
import { Runner } from "./runner.js";
import { KeyValues } from "./runtime/keyValues.js";
import { Packer } from "./runtime/packer.js";

/** What a plugin said of the events of the flight recorder; nothing of it was done. */
export interface Rehearsal {
  /** How many events there were; those that it did not ask for among them. */
  readonly events: number;
  readonly counts: PluginCounts;
  /** Why it would be quarantined; "" if it would not. */
  readonly failure: string;
  /** Numbers of the first events that made it fail, each by itself. */
  readonly poison: readonly number[];
}

/** What a rehearsal may show at most for the plugin to be let in. Undefined: anything. */
export interface GateLimits {
  /** Percent of the events that it saw. */
  readonly mostDropped?: number | undefined;
  /** Events. */
  readonly mostFailed?: number | undefined;
  /** Fuel an event, on average. */
  readonly mostFuel?: number | undefined;
  /** Fewer events than this tell nothing. */
  readonly leastEvents?: number | undefined;
}

/** Events judged before others have their turn. */
const SLICE = 256;

/** Runs a plugin on events, in an instance of its own, with pauses. Rejects if it does not start. */
export async function rehearse(
  prepared: PreparedPlugin,
  settings: string,
  events: Event[],
  turn: () => Promise<void>,
): Promise<Rehearsal> {
  const nowMs = () => Date.now();
  const options = { sink: () => {}, keyValues: new KeyValues(), nowMs, settings };
  const poison: number[] = [];
  const runner = new Runner(await load(prepared, options), {
    nowMs,
    isObserved: true,
    onPoison: ({ sequence }) => {
      if (poison.length < PLUGIN_LIMITS.poisonsKept) poison.push(sequence);
    },
  });
  const packer = new Packer();
  const alive = new Uint8Array(PLUGIN_LIMITS.batchEvents).fill(1);
  for (let from = 0; from < events.length; ) {
    const slice = events.slice(from, from + SLICE);
    const count = packer.pack(slice, 0);
    const types = new Set<number>(slice.map(({ type }) => type));
    runner.judge({ packer, events: slice, from: 0, count, types, alive });
    from += count;
    await turn();
  }
  const { counts, failure } = runner;
  return { events: events.length, counts, failure, poison };
}

/** @throws GuidestarError FAILED_PRECONDITION saying what is beyond which limit */
export function checkGate(rehearsal: Rehearsal, limits: GateLimits, plugin: string): void {
  const { counts, events, failure, poison } = rehearsal;
  const { mostDropped, mostFailed, mostFuel, leastEvents = 0 } = limits;
  const seen = Math.max(counts.seen, 1);
  const dropped = (100 * counts.dropped) / seen;
  const fuel = Math.round(counts.fuel / seen);
  const refuse = (why: string) => {
    throw new GuidestarError("FAILED_PRECONDITION", `the gate refused ${plugin}: ${why}`);
  };
  if (events < leastEvents)
    refuse(`there are ${events} recorded events, ${leastEvents} are wanted`);
  if (mostDropped !== undefined && dropped > mostDropped) {
    refuse(
      `it drops ${dropped.toFixed(1)} % of ${counts.seen} events, ${mostDropped} % are allowed`,
    );
  }
  if (mostFailed !== undefined && counts.failed > mostFailed) {
    const which = poison.length > 0 ? ` (the first: event ${poison.join(", ")})` : "";
    const more = failure === "" ? "" : `; it ${failure}`;
    refuse(`it fails on ${counts.failed} events${which}, ${mostFailed} are allowed${more}`);
  }
  if (mostFuel !== undefined && fuel > mostFuel) {
    refuse(`it burns ${fuel} units of fuel an event, ${mostFuel} are allowed`);
  }
}
