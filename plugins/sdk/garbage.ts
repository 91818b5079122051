// @ts-expect-error: the transform exports it
import { total } from "rt/tcms";

/** Garbage that may pile up before the first collection; bytes. */
const MIN_HEAP_BYTES: usize = 64 * 1024;

let threshold: usize = MIN_HEAP_BYTES;

/**
 * Collects garbage when the heap has doubled since the last time. Called between events, when nothing
 * on the stack can refer to the heap: so the lightest of AssemblyScript's runtimes is enough, and a
 * plugin that makes no garbage pays for one comparison.
 */
export function collectGarbage(): void {
  if (total > threshold) collect();
}

function collect(): void {
  // @ts-expect-error: a function of the runtime that its types leave out
  __collect();
  threshold = max(MIN_HEAP_BYTES, total * 2);
}
