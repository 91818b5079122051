/** How a stream is aggregated. Plain data: it crosses threads. */
export interface AggregationSpec {
  /** Length of a window, ns; windows begin at its multiples since 1970. */
  readonly windowNs: bigint;
  /** Most different events in a window; others that come then are dropped, and counted. */
  readonly mostKeys: number;
}

export const defaultAggregation: AggregationSpec = { windowNs: 15_000_000_000n, mostKeys: 10_000 };

/** What a client may ask for. */
export const aggregationLimits = {
  leastWindowNs: 10_000_000n,
  mostWindowNs: 86_400_000_000_000n,
  mostKeys: 1_000_000,
  /** Of memory that the events of one window take, bytes; not for the client to choose. */
  mostBytes: 16 << 20,
} as const;
