/** The types of this kernel that hook programs look at, in a file of a few kilobytes. */
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Btf, relocatableNames, subsetOf } from "../../../bpf/libbpf/index.js";

/**
 * Path of BTF for `BpfObject.open`, in place of the kernel's own, which takes ten times as long to
 * look through as all the rest of loading a hook. The file has no name: it goes with this process.
 * Undefined if none can be made, which costs only that time.
 */
export function kernelTypesFor(object: Btf): string | undefined {
  const bytes = subsetOf(Btf.kernel(), relocatableNames(object));
  let folder: string | undefined;
  try {
    folder = mkdtempSync(path.join(tmpdir(), "guidestar-types-"));
    const fd = openSync(path.join(folder, "btf"), "wx+", 0o600);
    writeSync(fd, bytes);
    return `/proc/self/fd/${fd}`;
  } catch {
    return undefined; // nothing can be written there
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
