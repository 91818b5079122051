interface Child {
  readonly pid: number;
  readonly parentPid: number;
}

/** Pids of all that `root` made, and those made, in whatever order they are told of. */
export function descendants(root: number, all: readonly Child[]): ReadonlySet<number> {
  const found = new Set([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parentPid } of all) if (found.has(parentPid)) found.add(pid);
  }
  found.delete(root);
  return found;
}
