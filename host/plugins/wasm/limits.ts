/**
 * What a module may hold at most. A module within them is decoded, rewritten and compiled in bounded
 * time and memory; AssemblyScript, C and Rust plugins stay far below.
 */
export const WASM_LIMITS = {
  types: 2_000,
  imports: 1_000,
  functions: 20_000,
  parameters: 100,
  results: 100,
  /** Of one function, parameters included. */
  locals: 5_000,
  globals: 5_000,
  exports: 1_000,
  tableElements: 100_000,
  segments: 10_000,
  /** Blocks, loops and ifs inside each other. */
  nesting: 1_000,
  nameBytes: 1_000,
  customSections: 100,
} as const;

/** Bytes of a page of memory. */
export const PAGE_BYTES = 65_536;
