/**
 * Memory of the daemon while it starts. Imported before everything else: loading code makes a lot of
 * garbage, for which V8 would take tens of MiB that it does not give back.
 */
import { setFlagsFromString } from "node:v8";

// Of all threads. The space for new objects stays as small as it begins, 1 MiB.
if (process.argv[2] === "daemon") setFlagsFromString("--semi-space-growth-factor=1");

/** From now on there may be floods: that space grows as it does by default. */
export function mayGrow(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
}
