/**
 * How much the programs in the kernel take, so that what is too much is told with its place and before
 * anything is loaded. They have the last word: see `selector/config.h` and `hook/config.h`.
 */
export const limits = {
  /** Of a hook. */
  arguments: 5,
  selectors: 8,
  /** Of a selector, those of its macros included. */
  matchPIDs: 4,
  matchBinaries: 4,
  matchArgs: 5,
  matchReturnArgs: 5,
  matchNamespaces: 10,
  matchNamespaceChanges: 4,
  matchCapabilities: 4,
  matchCapabilityChanges: 4,
  /** FollowFD, UnfollowFD and CopyFD of a selector. */
  fdActions: 4,
  /** Bytes of a text that an argument or a binary is compared with. */
  equalText: 256,
  prefixText: 248,
  postfixText: 128,
  /** Bytes of a buffer with `maxData`. */
  data: 327_360,
  /** Pointers that `resolve` can follow. */
  resolveSteps: 8,
} as const;
