import type { ExecutedFile } from "./model.js";
import type { RecordFields } from "./recordFields.js";

const setuidBit = 0o4000;
const setgidBit = 0o2000;
/** What execveat was given by a descriptor of its directory. */
const inOpenFolder = /^\/dev\/fd\/\d+(\/.*)$/s;

/**
 * What an exec record says of the file that runs.
 * @param path as in the record; `binary`: as it was given to exec
 * @returns undefined if `binary` tells everything, as it does of most.
 */
export function executedFile(
  fields: NonNullable<RecordFields["exec"]["file"]>,
  view: DataView,
  offset: number,
  path: string,
  binary: string,
): ExecutedFile | undefined {
  const mode = view.getUint32(offset + fields.mode, true);
  const flags = view.getUint32(offset + fields.flags, true);
  const inode = Number(view.getBigUint64(offset + fields.inode, true));
  const isKnown = inode !== 0;
  const links = view.getUint32(offset + fields.links, true);
  const setIds = mode & (setuidBit | setgidBit);
  const isGone = isKnown && links === 0;
  if (path === "" && flags === 0 && setIds === 0 && !isGone) return undefined;
  const script = (flags & fields.script) !== 0;
  const inMemory = (flags & fields.parentless) !== 0;
  const rest = script ? inOpenFolder.exec(binary)?.[1] : undefined;
  // Then the descriptor is that of the script's directory, and so is all that is known.
  const ofFile = <T>(value: T, unknown: T): T => (rest === undefined ? value : unknown);
  return {
    path: rest === undefined ? path : `${path === "/" ? "" : path}${rest}`,
    pathCut: (flags & fields.pathCut) !== 0,
    inode: ofFile(inode, 0),
    links: ofFile(links, 0),
    inMemory,
    deleted: ofFile(!inMemory && (isGone || (flags & fields.unlinked) !== 0), false),
    script,
    setuid: ofFile((mode & setuidBit) !== 0, false),
    setgid: ofFile((mode & setgidBit) !== 0, false),
    uid: ofFile(view.getUint32(offset + fields.uid, true), 0),
    gid: ofFile(view.getUint32(offset + fields.gid, true), 0),
    privileged: (flags & fields.privileged) !== 0,
  };
}
