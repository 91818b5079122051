/** Ctrl-C and SIGTERM, for the commands that end in order. */

/** `timeout` and some supervisors signal the process and then its group: that is one wish, not two. */
const sameWishMs = 500;

/**
 * Aborted by the first signal, with its name as the reason; a later one ends the process at once.
 * Ask for it before anything slow, so that no signal finds the process without a listener.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const listener = () => {
      first ??= Date.now();
      controller.abort(signal);
      if (Date.now() - first < sameWishMs) return;
      process.off(signal, listener);
      process.kill(process.pid, signal);
    };
    process.on(signal, listener);
  }
  return controller.signal;
}
