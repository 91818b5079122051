/** What one plugin may burn and hold: its manifest asks, the node has the last word. */
import { GuidestarError } from "../errors.js";
import { closest } from "../suggest.js";
import { PLUGIN_LIMITS } from "./limits.js";

export interface PluginBudget {
  /** Fuel for a call: this, and `fuelPerEvent` for each of its events. */
  readonly fuelPerCall: number;
  readonly fuelPerEvent: number;
  /** Memory of one instance. */
  readonly memoryBytes: number;
}

/** Of a plugin whose manifest asks for nothing. */
export const defaultBudget: PluginBudget = {
  fuelPerCall: PLUGIN_LIMITS.fuelPerCall,
  fuelPerEvent: PLUGIN_LIMITS.fuelPerEvent,
  memoryBytes: PLUGIN_LIMITS.memoryBytes,
};

/** The most that any plugin gets on a node that says nothing else. */
export const defaultCeiling: PluginBudget = {
  fuelPerCall: 10 * PLUGIN_LIMITS.fuelPerCall,
  fuelPerEvent: 10 * PLUGIN_LIMITS.fuelPerEvent,
  memoryBytes: 4 * PLUGIN_LIMITS.memoryBytes,
};

const keys = ["fuelPerCall", "fuelPerEvent", "memoryBytes"] as const;
const least: PluginBudget = { fuelPerCall: 1000, fuelPerEvent: 1, memoryBytes: 64 * 1024 };

/** Checks `limits` of a manifest. `place` names it in errors. @throws GuidestarError INVALID_ARGUMENT */
export function checkLimits(value: unknown, place: string): Partial<PluginBudget> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${place} must be an object with any of ${keys.join(", ")}`);
  }
  for (const [key, limit] of Object.entries(value)) {
    const known = keys.find((each) => each === key);
    if (known === undefined) {
      throw invalid(`${place} has the unknown field ${JSON.stringify(key)}${closest(key, keys)}`);
    }
    if (!Number.isSafeInteger(limit) || limit < least[known]) {
      throw invalid(`${key} of ${place} must be a whole number from ${least[known]}`);
    }
  }
  return value;
}

/**
 * The budget of a plugin. One that asks for more than the ceiling is refused, since it would fail
 * later; one that asks for nothing gets no more than the ceiling.
 * @throws GuidestarError INVALID_ARGUMENT
 */
export function budgetOf(
  asked: Partial<PluginBudget>,
  ceiling: PluginBudget = defaultCeiling,
): PluginBudget {
  const budget = { ...defaultBudget };
  for (const key of keys) {
    const wanted = asked[key];
    if (wanted !== undefined && wanted > ceiling[key]) {
      throw invalid(
        `${key} of limits in the manifest is ${wanted}, and this node gives no plugin more than ${ceiling[key]}: ask for less, or raise ${flagOf[key]} of the daemon`,
      );
    }
    budget[key] = Math.min(wanted ?? defaultBudget[key], ceiling[key]);
  }
  return budget;
}

const flagOf = {
  fuelPerCall: "--plugin-max-fuel",
  fuelPerEvent: "--plugin-max-fuel",
  memoryBytes: "--plugin-max-memory",
} as const;

/** A ceiling from what a node says of fuel for an event, and of memory. */
export function ceilingOf({
  fuelPerEvent = defaultCeiling.fuelPerEvent,
  memoryBytes = defaultCeiling.memoryBytes,
}: Partial<Pick<PluginBudget, "fuelPerEvent" | "memoryBytes">>): PluginBudget {
  const callsWorth = defaultBudget.fuelPerCall / defaultBudget.fuelPerEvent;
  return { fuelPerCall: fuelPerEvent * callsWorth, fuelPerEvent, memoryBytes };
}

/** Fuel for one call with `events` events. */
export function fuelFor(events: number, budget: PluginBudget = defaultBudget): number {
  return budget.fuelPerCall + budget.fuelPerEvent * events;
}

/** Fuel for one call of an Extism plugin, which reads its events as text: by the bytes of its input. */
export function extismFuelFor(bytes: number, budget: PluginBudget = defaultBudget): number {
  const share = budget.fuelPerEvent / defaultBudget.fuelPerEvent;
  return budget.fuelPerCall + Math.ceil(PLUGIN_LIMITS.extismFuelPerByte * share * bytes);
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
