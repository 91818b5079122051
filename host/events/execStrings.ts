import { posix } from "node:path";
import type { RecordFields } from "./recordFields.js";

export interface ExecStrings {
  readonly binary: string;
  readonly cwd: string;
  readonly cgroupName: string;
  /** Of the script that it runs, else "". */
  readonly interpreter: string;
  /** Of the running file, where the binary does not tell it, else "". */
  readonly filePath: string;
  readonly argumentArea: Buffer;
}

/**
 * The strings behind an exec record.
 * @returns undefined if the sizes do not fit into the record.
 */
export function execStrings(
  fields: RecordFields["exec"],
  bytes: Buffer,
  view: DataView,
  offset: number,
  size: number,
): ExecStrings | undefined {
  let at = offset + fields.end;
  const end = offset + size;
  const next = (sizeField: number): Buffer => {
    const from = at;
    at += view.getUint32(offset + sizeField, true);
    return bytes.subarray(from, Math.min(at, end));
  };
  const binary = next(fields.binarySize);
  const interpreter = next(fields.interpreterSize).toString();
  const cwd = next(fields.cwdSize).toString();
  const cgroupName = next(fields.cgroupNameSize).toString();
  const filePath = fields.file ? next(fields.file.pathSize).toString() : "";
  const argumentArea = next(fields.argsSize);
  if (at > end) return undefined;
  return {
    binary: absolute(binary.toString(), cwd),
    interpreter: interpreter === "" ? "" : absolute(interpreter, cwd),
    cwd,
    cgroupName,
    filePath,
    argumentArea,
  };
}

/** A relative path is joined to the directory exec was called in; symbolic links stay as they are. */
function absolute(path: string, cwd: string): string {
  return path === "" || path.startsWith("/") || !cwd.startsWith("/") ? path : posix.join(cwd, path);
}
