/** A filter as plain data (`fgs.Filter` with its defaults resolved), so that it can cross threads. */
export interface FilterSpec {
  readonly binaryRegex: readonly string[];
  readonly namespace: readonly string[];
  readonly healthCheck: boolean | undefined;
  readonly pid: readonly number[];
  readonly pidSet: readonly number[];
  readonly eventSet: readonly number[];
}

/** What a GetEvents call asks for: events that any allow filter passes (none: all) less those that any deny filter matches. */
export interface StreamSpec {
  readonly allow: readonly FilterSpec[];
  readonly deny: readonly FilterSpec[];
}
