/** An event that made a plugin fail all by itself. */
export interface Poison {
  readonly plugin: string;
  /** Hash of the module. */
  readonly version: string;
  /** Number of the event. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** What the plugin did: one clause. */
  readonly reason: string;
  /** `fgs.GetEventsResponse`; empty: it was too large to be kept. */
  readonly event: Uint8Array;
}

/** One JSON text for all that are kept of a plugin. */
export function writePoisons(poisons: readonly Poison[]): string {
  return JSON.stringify(
    poisons.map((one) => ({ ...one, event: Buffer.from(one.event).toString("base64") })),
  );
}

/** What is not as it was written is left out. */
export function readPoisons(json: string): Poison[] {
  try {
    const list = JSON.parse(json) as (Poison & { readonly event: unknown })[];
    return list
      .filter((one) => Number.isSafeInteger(one.sequence) && typeof one.reason === "string")
      .map((one) => ({ ...one, event: Buffer.from(String(one.event), "base64") }));
  } catch {
    return [];
  }
}
