/** The time as the export sees it: tests have their own. */
export interface Clock {
  /** Milliseconds since 1970; may be set back. */
  wallMs(): number;
  /** Never goes back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
