import { BpfError } from "../errors.js";
import { describeErrno } from "../native/errno.js";
import { libbpf } from "../native/libbpf.js";
import { NativeStruct } from "../native/struct.js";
import type { RawEntry, RawMap } from "./rawMap.js";

const BATCH_BYTES = 256 * 1024;
const TOKEN_BYTES = 8;

/**
 * All entries, a run of them with each system call. Returns `unsupported`, before it has yielded
 * anything, if the kernel has no batches for this type of map.
 */
export function* rawBatches(map: RawMap): Generator<RawEntry[], "done" | "unsupported"> {
  const entryBytes = map.keySize + map.valueBytes;
  let room = Math.max(16, Math.min(map.maxEntries, Math.floor(BATCH_BYTES / entryBytes)));
  // Where the kernel goes on; it needs a key's bytes for some types, 4 for others.
  const token = new Uint8Array(Math.max(map.keySize, TOKEN_BYTES));
  const count = new Uint32Array(1);
  const options = NativeStruct.options(24);
  let first = true;
  for (;;) {
    const keys = new Uint8Array(room * map.keySize);
    const values = new Uint8Array(room * map.valueBytes);
    count[0] = room;
    const nextToken = new Uint8Array(token.length);
    const result = libbpf.bpf_map_lookup_batch(
      map.fd,
      first ? null : token,
      nextToken,
      keys,
      values,
      new Uint8Array(count.buffer),
      options.bytes,
    );
    const code = result < 0 ? describeErrno(result).name : "";
    if (code === "ENOSPC" && room < map.maxEntries) {
      // A bucket with more entries than there was room for: ask again from the same place.
      room = Math.min(map.maxEntries, room * 4);
      continue;
    }
    if (code !== "" && code !== "ENOENT") {
      if (first && noBatches.has(code)) return "unsupported";
      throw BpfError.fromErrno(`cannot iterate map "${map.name}"`, result);
    }
    first = false;
    token.set(nextToken);
    yield slices(map, keys, values, count[0] ?? 0);
    if (code === "ENOENT") return "done";
  }
}

const noBatches = new Set(["EINVAL", "EOPNOTSUPP", "ENOTSUPP"]);

function slices(map: RawMap, keys: Uint8Array, values: Uint8Array, count: number): RawEntry[] {
  const { keySize, valueBytes } = map;
  return Array.from({ length: count }, (_, i) => ({
    key: keys.subarray(i * keySize, (i + 1) * keySize),
    value: values.subarray(i * valueBytes, (i + 1) * valueBytes),
  }));
}
