/**
 * What a plugin may use. Everything here is enforced; `plugins/README.md` documents it.
 * Bytes of texts are bytes of UTF-8.
 */
export const PLUGIN_LIMITS = {
  /** Size of an uploaded module, manifest included. */
  moduleBytes: 4 * 1024 * 1024,
  manifestBytes: 64 * 1024,
  /** Memory of one instance; a module that asks for more is refused, growing beyond fails. */
  memoryBytes: 16 * 1024 * 1024,

  /** Time for decoding, rewriting, compiling and a first start, all in a worker thread. */
  prepareMs: 10_000,
  /** JavaScript heap of that worker. */
  prepareHeapMiB: 256,

  /** Fuel for starting an instance. A unit is about one instruction. */
  startFuel: 50_000_000,
  /** Fuel for a call: this, and `fuelPerEvent` for each event. */
  fuelPerCall: 10_000_000,
  fuelPerEvent: 50_000,

  /** Events of one call. Longer batches are split. */
  batchEvents: 1024,
  /** Bytes of records and texts of one call. Batches that need more are split. */
  batchBytes: 1024 * 1024,
  /** Ancestors of a process that a batch is sure to hold. */
  ancestors: 32,
  /** Where a batch cuts arguments, with a flag. */
  argumentsBytes: 16 * 1024,
  /** Where a batch cuts any other text, with a flag. */
  textBytes: 4 * 1024,

  /** Room for annotations: this much a call, and `outputBytesPerEvent` for each event. */
  outputBytesPerCall: 16 * 1024,
  outputBytesPerEvent: 512,
  annotationsPerEvent: 16,
  annotationKeyBytes: 64,
  annotationValueBytes: 4 * 1024,

  /** Room for what a tick says, which has no events. */
  outputBytesPerTick: 256 * 1024,
  /** Events that one call may emit, findings it may make, and fields it may fill. */
  emitsPerCall: 4096,
  findingsPerCall: 256,
  findingMessageBytes: 1024,
  patchesPerCall: 8192,
  patchBytes: 256,

  /** Pairs of key and value that a plugin may keep with the host; bytes of keys and values together. */
  kvEntries: 10_000,
  kvKeyBytes: 256,
  kvValueBytes: 64 * 1024,
  kvBytes: 2 * 1024 * 1024,

  /** Fuel for taking settings, and for saving or loading state. */
  settingsFuel: 50_000_000,
  stateFuel: 200_000_000,
  settingsBytes: 64 * 1024,
  /** How often what plugins keep is saved while it changes; a daemon that is killed loses so much. */
  keptSaveMs: 5000,
  /** State that one version hands to the next. */
  stateBytes: 4 * 1024 * 1024,
  /** How often a plugin may be called by the clock. */
  shortestTickMs: 250,
  longestTickMs: 3_600_000,

  /** In place of `fuelPerEvent` for Extism plugins, which read events as JSON: for each byte of it. */
  extismFuelPerByte: 400,
  /** Output of a call of an Extism plugin. */
  extismOutputBytes: 4 * 1024 * 1024,

  /** Lines in the log for one call; the others are counted, not kept. */
  logLinesPerCall: 20,
  /** Calls of `guidestar.log` in one call, kept or not; more is a failure. */
  logCallsPerCall: 10_000,
  logLineBytes: 1024,
  /** Lines of a plugin's log in a second; the others are counted, not kept. */
  logLinesPerSecond: 100,

  /** A plugin that fails this often within `failureWindowMs` is put out of the chain. */
  failures: 3,
  failureWindowMs: 60_000,

  /** Calls, and time, that are spent on finding which events of a batch made a plugin fail. */
  poisonAttempts: 64,
  poisonSearchMs: 2000,
  /** Events kept that made a plugin fail, and bytes of each as encoded; a longer one is kept without. */
  poisonsKept: 8,
  poisonBytes: 64 * 1024,

  /** Differences between a version and its shadow that are told of one by one. */
  differencesKept: 1000,
  /** Plugins that one stream may name. */
  pluginsOfStream: 8,
  /** Versions of a plugin that are stored. */
  versionsKept: 8,
} as const;

/** Bytes of the output area of one call with `events` events. */
export function outputBytesFor(events: number): number {
  return PLUGIN_LIMITS.outputBytesPerCall + PLUGIN_LIMITS.outputBytesPerEvent * events;
}
