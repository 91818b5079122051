import { bytesCodec, type Codec, KernelMap } from "../../bpf/libbpf/index.js";

/**
 * A map by its descriptor, of which a duplicate is taken, with keys and values as bytes: unlike
 * typed ones, they need no right to read BTF from the kernel.
 */
export function openRawMap(fd: number, keyBytes: number, valueBytes: number): RawMap {
  return KernelMap.from<Uint8Array, Uint8Array>(fd, {
    key: bytesCodec(keyBytes) as Codec<Uint8Array>,
    value: bytesCodec(valueBytes) as Codec<Uint8Array>,
  });
}

export type RawMap = KernelMap<Uint8Array, Uint8Array>;
