interface Ordered {
  readonly seen: { readonly stat: { readonly parentPid: number } };
}

/** Every process, by pid, after its parent if that is there; otherwise in the order of pids. */
export function parentsFirst<T extends Ordered>(found: ReadonlyMap<number, T>): T[] {
  const ordered = new Set<T>();
  for (const pid of [...found.keys()].sort((a, b) => a - b)) {
    const chain: T[] = [];
    let next = found.get(pid);
    // A chain can't be a circle in the kernel, but what we read of it at different times can.
    while (next !== undefined && !ordered.has(next) && !chain.includes(next)) {
      chain.push(next);
      next = found.get(next.seen.stat.parentPid);
    }
    for (const each of chain.reverse()) ordered.add(each);
  }
  return [...ordered];
}
