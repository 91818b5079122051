/** The cgroup whose sockets are watched. */
import { GuidestarError } from "../../errors.js";
import { readText } from "../../source/procScanFiles.js";
import { checkScope, type Scope } from "../scope.js";

/**
 * Of a process tree it is the root, too: some of the tree may move to another cgroup, as containers
 * do. The programs tell who belongs to the tree. Throws a `GuidestarError` if there is none.
 */
export function watchedCgroup(scope: Scope, named: string | undefined): string {
  if (named !== undefined) {
    checkScope({ kind: "cgroup", path: named });
    return named;
  }
  if (scope.kind === "cgroup") return scope.path;
  const root = rootCgroup(readText("/proc/self/mounts") ?? "");
  if (root !== undefined) return root;
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    "sensor dns needs the cgroup v2 hierarchy, which is mounted nowhere here: mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1",
  );
}

/** `mounts`: as in /proc/self/mounts. */
export function rootCgroup(mounts: string): string | undefined {
  for (const line of mounts.split("\n")) {
    const [, place, type] = line.split(" ");
    if (type === "cgroup2" && place !== undefined) return unescaped(place);
  }
  return undefined;
}

const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
