/** Map types by name, numbered as in the kernel's API. */
export const MapType = {
  UNSPEC: 0,
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERF_EVENT_ARRAY: 4,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  STACK_TRACE: 7,
  CGROUP_ARRAY: 8,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  DEVMAP: 14,
  SOCKMAP: 15,
  CPUMAP: 16,
  XSKMAP: 17,
  SOCKHASH: 18,
  CGROUP_STORAGE: 19,
  REUSEPORT_SOCKARRAY: 20,
  PERCPU_CGROUP_STORAGE: 21,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  DEVMAP_HASH: 25,
  STRUCT_OPS: 26,
  RINGBUF: 27,
  INODE_STORAGE: 28,
  TASK_STORAGE: 29,
  BLOOM_FILTER: 30,
  USER_RINGBUF: 31,
  CGRP_STORAGE: 32,
  ARENA: 33,
} as const;
export type MapType = (typeof MapType)[keyof typeof MapType];

const names = new Map<number, string>(
  Object.entries(MapType).map(([name, value]) => [value, name.toLowerCase()]),
);

/** `ringbuf`, `percpu_hash`, ... */
export function mapTypeName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

/** Maps with one value for each possible CPU. */
export function isPerCpu(type: number): boolean {
  return (
    type === MapType.PERCPU_HASH ||
    type === MapType.PERCPU_ARRAY ||
    type === MapType.LRU_PERCPU_HASH ||
    type === MapType.PERCPU_CGROUP_STORAGE
  );
}

/** Maps whose values are programs, maps, cgroups: a descriptor on update, an id (if anything) on lookup. */
export function holdsDescriptors(type: number): boolean {
  return (
    type === MapType.PROG_ARRAY ||
    type === MapType.PERF_EVENT_ARRAY ||
    type === MapType.CGROUP_ARRAY ||
    type === MapType.ARRAY_OF_MAPS ||
    type === MapType.HASH_OF_MAPS
  );
}
