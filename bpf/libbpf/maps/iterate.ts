import { BpfError } from "../errors.js";
import { describeErrno } from "../native/errno.js";
import { libbpf } from "../native/libbpf.js";
import { rawBatches } from "./batch.js";
import type { RawEntry, RawMap } from "./rawMap.js";

/**
 * Every entry once, while others change the map. By batches where the kernel has them for the map
 * type: the kernel walks bucket by bucket there, and never meets an entry again. Else key by key.
 */
export function* rawEntries(map: RawMap, want: "keys" | "entries"): Generator<RawEntry> {
  const batches = rawBatches(map);
  let next = batches.next();
  if (!next.done) {
    for (; !next.done; next = batches.next()) yield* next.value;
    return;
  }
  if (next.value === "unsupported") yield* keyByKey(map, want);
}

/**
 * The kernel finds the next key by the one before. If that one is gone it starts over, so keys that
 * came already are stepped over. A map that changes faster than it can be walked ends with an error
 * rather than never.
 */
function* keyByKey(map: RawMap, want: "keys" | "entries"): Generator<RawEntry> {
  const seen = new Set<string>();
  let previous: Uint8Array | null = null;
  for (let steps = 4 * map.maxEntries + 4096; steps > 0; steps--) {
    const key: Uint8Array = new Uint8Array(map.keySize);
    const result = libbpf.bpf_map_get_next_key(map.fd, previous, key);
    if (result < 0) {
      if (describeErrno(result).name === "ENOENT") return;
      throw BpfError.fromErrno(`cannot iterate map "${map.name}"`, result);
    }
    previous = key;
    const name = Buffer.from(key).toString("latin1");
    if (seen.has(name)) continue;
    seen.add(name);
    if (want === "keys") yield { key, value: undefined };
    else {
      const value = new Uint8Array(map.valueBytes);
      const found = libbpf.bpf_map_lookup_elem_flags(map.fd, key, value, 0);
      if (found === 0) yield { key, value };
    }
  }
  throw new BpfError(`map "${map.name}" changes faster than it can be iterated`, {
    code: "EAGAIN",
  });
}
