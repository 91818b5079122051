/** What looking for pods has come to. All but `known` and `held` are totals. */
export interface PodCounts {
  /** A container runtime's socket is there. */
  readonly runtime: boolean;
  /** Containers remembered with what a runtime told of them. */
  readonly known: number;
  /** Questions asked. */
  readonly lookups: number;
  /** Processes whose container was known when their event came, and those whose was never heard of. */
  readonly hits: number;
  readonly misses: number;
  /** Answers: no runtime has such a container. */
  readonly unknown: number;
  /** Questions without a usable answer. */
  readonly failures: number;
  /** Containers whose events waited as long as they may. */
  readonly timeouts: number;
  /** Events that wait now, and all that ever did. */
  readonly held: number;
  readonly heldTotal: number;
  /** Events sent without a pod because their time was up, or because too many waited. */
  readonly releasedLate: number;
  readonly overflowed: number;
}
