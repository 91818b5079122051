/** What /proc tells of one process, as far as an exec record has it. */
import { type CgroupMount, cgroupOf } from "./procScanCgroup.js";
import {
  isPrivileged,
  readExecutedFile,
  readScript,
  type ScannedFile,
  saysDeleted,
  withoutDeleted,
} from "./procScanExecuted.js";
import {
  exists,
  isDead,
  readBytes,
  readLink,
  readNumbers,
  readStat,
  readText,
  type Stat,
} from "./procScanFiles.js";

export interface ScannedProcess {
  readonly pid: number;
  readonly stat: Stat;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly auid: number;
  readonly nsPid: number;
  readonly capPermitted: bigint;
  readonly capEffective: bigint;
  readonly capInheritable: bigint;
  /** In the order of `enum gs_namespace`; 0: unknown. */
  readonly namespaces: readonly number[];
  readonly cgroupId: bigint;
  readonly cgroupName: string | undefined;
  /**
   * Path of the running file, seen from the root of the process; of a script, as it was given to
   * exec. `undefined`: can't be read.
   */
  readonly binary: Buffer | undefined;
  /** What runs the binary, if that is a script. */
  readonly interpreter: Buffer | undefined;
  /** The running file; `undefined`: a script, or can't be read. */
  readonly file: ScannedFile | undefined;
  /** Runs with more rights than who called exec had. */
  readonly privileged: boolean;
  readonly cwd: Buffer | undefined;
  /** argv as it lies in memory; `undefined`: can't be read. */
  readonly args: Buffer | undefined;
}

/** `undefined` if there is no such process (any more), or it is a zombie. */
export function readProcess(
  pid: number,
  options: { readonly procPath: string; readonly v2: CgroupMount | undefined },
): ScannedProcess | undefined {
  const home = `${options.procPath}/${pid}`;
  const stat = readStat(home);
  const folder = stat && livingFolder(home, stat);
  if (stat === undefined || folder === undefined) return undefined;
  const status = parseStatus(readText(`${folder}/status`) ?? "");
  const args = readBytes(`${folder}/cmdline`);
  const exe = readPath(folder, "exe");
  const script = readScript(folder, stat.name, args);
  const cgroup = cgroupOf(readText(`${folder}/cgroup`), options.v2);
  const process: ScannedProcess = {
    pid,
    stat,
    uid: status.uid,
    euid: status.euid,
    gid: status.gid,
    egid: status.egid,
    auid: parseLogin(readText(`${folder}/loginuid`)),
    nsPid: status.nsPid ?? pid,
    capPermitted: status.permitted,
    capEffective: status.effective,
    capInheritable: status.inheritable,
    namespaces: namespaceFiles.map((name) => readNamespace(`${folder}/ns/${name}`)),
    cgroupId: cgroup.id,
    cgroupName: cgroup.name,
    binary: script ? script.path : exe?.path,
    interpreter: script?.interpreter,
    file: script || !exe ? undefined : readExecutedFile(folder, exe.isDeleted),
    privileged: isPrivileged(folder),
    cwd: readPath(folder, "cwd")?.path,
    args,
  };
  // The same number may belong to another process by now.
  return readStat(home)?.startTicks === stat.startTicks ? process : undefined;
}

/** Whether any of its threads still runs. */
export function isAlive(home: string, stat: Stat): boolean {
  return livingFolder(home, stat) !== undefined;
}

/** Of a process of which some thread still runs. */
export function livingStat(home: string): Stat | undefined {
  const stat = readStat(home);
  return stat && isAlive(home, stat) ? stat : undefined;
}

/** In the order of `enum gs_namespace`. */
const namespaceFiles = [
  "uts",
  "ipc",
  "mnt",
  "pid",
  "pid_for_children",
  "net",
  "time",
  "time_for_children",
  "cgroup",
  "user",
];

const noLogin = 4294967295;

/** Where to read: of a leader that ended before its threads, the files of a thread that lives. */
function livingFolder(home: string, stat: Stat): string | undefined {
  if (!isDead(stat)) return home;
  for (const tid of readNumbers(`${home}/task`)) {
    const thread = readStat(`${home}/task/${tid}`);
    if (thread !== undefined && !isDead(thread)) return `${home}/task/${tid}`;
  }
  return undefined;
}

function parseStatus(text: string) {
  const value = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1];
  const mask = (name: string) => BigInt(`0x${value(name) || "0"}`);
  const nsPids = value("NSpid")?.split(/\s+/);
  const [uid = 0, euid = uid] = (value("Uid")?.split(/\s+/) ?? []).map(Number);
  const [gid = 0, egid = gid] = (value("Gid")?.split(/\s+/) ?? []).map(Number);
  return {
    ...{ uid, euid, gid, egid },
    nsPid: nsPids === undefined ? undefined : Number(nsPids.at(-1)),
    permitted: mask("CapPrm"),
    effective: mask("CapEff"),
    inheritable: mask("CapInh"),
  };
}

function parseLogin(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : noLogin;
}

function readNamespace(link: string): number {
  const target = readLink(link)?.toString("latin1") ?? "";
  return Number(/\[(\d+)\]/.exec(target)?.[1] ?? 0);
}

const slash = "/".charCodeAt(0);

/** Target of `exe` or `cwd`, seen from the root of the process, whether it still exists or not. */
function readPath(
  folder: string,
  name: "exe" | "cwd",
): { readonly path: Buffer; readonly isDeleted: boolean } | undefined {
  const target = readLink(`${folder}/${name}`);
  if (target === undefined) return undefined;
  const path = withoutRoot(target, readLink(`${folder}/root`));
  // It may really be called so.
  const isDeleted =
    saysDeleted(path) && !exists(Buffer.concat([Buffer.from(`${folder}/root`), path]));
  return { path: isDeleted ? withoutDeleted(path) : path, isDeleted };
}

function withoutRoot(path: Buffer, root: Buffer | undefined): Buffer {
  if (root === undefined || root.length <= 1) return path;
  if (!path.subarray(0, root.length).equals(root)) return path;
  const inside = path.subarray(root.length);
  if (inside.length === 0) return Buffer.from("/");
  return inside[0] === slash ? inside : path;
}
