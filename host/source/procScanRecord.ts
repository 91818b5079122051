/** A scanned process as an exec record. */
import { startKeyNs } from "./procScanFiles.js";
import type { ScannedProcess } from "./procScanProcess.js";
import { enumOf, type Key, kernelKey, unknownKey, writeExec } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

export function scanRecord(
  layout: RecordLayout,
  seen: ScannedProcess,
  key: Key,
  parent: Key,
  isContext = false,
): Uint8Array {
  const startNs = startKeyNs(seen.stat);
  return writeExec(layout, {
    ...seen,
    key,
    parent,
    isContext,
    tid: seen.pid,
    timeNs: startNs,
    startNs,
    flags: flagsOf(layout, seen),
    binary: seen.binary ?? firstArgument(seen.args),
    interpreter: seen.interpreter ?? nothing,
    fileFlags: fileFlagsOf(layout, seen),
    filePath: isElsewhere(seen) ? (seen.binary ?? nothing) : nothing,
    cwd: seen.cwd ?? nothing,
    cgroupName: Buffer.from(seen.cgroupName ?? "", "latin1"),
    args: seen.args ?? nothing,
  });
}

/** The kernel itself: pid 0, the parent of what it starts. */
export function kernelRecord(layout: RecordLayout): Uint8Array {
  return writeExec(layout, {
    key: kernelKey,
    parent: unknownKey,
    tid: 0,
    timeNs: kernelKey.keyNs,
    startNs: kernelKey.keyNs,
    cgroupId: 0n,
    capPermitted: 0n,
    capEffective: 0n,
    capInheritable: 0n,
    flags: enumOf(layout, "gs_process_flag", "GS_FLAG_PROCFS"),
    ...{ uid: 0, euid: 0, gid: 0, egid: 0 },
    auid: 0,
    nsPid: 0,
    namespaces: new Array<number>(10).fill(0),
    binary: Buffer.from("<kernel>"),
    interpreter: nothing,
    file: undefined,
    fileFlags: 0,
    filePath: nothing,
    cwd: nothing,
    cgroupName: nothing,
    args: nothing,
  });
}

const nothing = new Uint8Array(0);

function flagsOf(layout: RecordLayout, seen: ScannedProcess): number {
  const names = ["GS_FLAG_PROCFS"];
  if (seen.binary === undefined) names.push("GS_FLAG_ERROR_FILENAME");
  if (seen.args === undefined) names.push("GS_FLAG_ERROR_ARGS");
  if (seen.cwd === undefined) names.push("GS_FLAG_ERROR_CWD");
  else if (seen.cwd.equals(Buffer.from("/"))) names.push("GS_FLAG_ROOT_CWD");
  if (seen.cgroupName === undefined) names.push("GS_FLAG_ERROR_CGROUPS");
  return names.reduce((flags, name) => flags | enumOf(layout, "gs_process_flag", name), 0);
}

/** Where its path no longer leads to it: then the kernel's records have the path too. */
function isElsewhere({ file }: ScannedProcess): boolean {
  return file !== undefined && (file.parentless || file.unlinked);
}

function fileFlagsOf(layout: RecordLayout, { file, privileged }: ScannedProcess): number {
  const names = [];
  if (file?.parentless) names.push("GS_FILE_PARENTLESS");
  if (file?.unlinked) names.push("GS_FILE_UNLINKED");
  if (privileged) names.push("GS_FILE_PRIVILEGED");
  return names.reduce((flags, name) => flags | enumOf(layout, "gs_file_flag", name), 0);
}

/** The name that it gave itself: better than none. */
function firstArgument(args: Buffer | undefined): Uint8Array {
  if (args === undefined) return nothing;
  const end = args.indexOf(0);
  return end === -1 ? args : args.subarray(0, end);
}
