/** Maps that are made for hooks, with keys and values as bytes. */
import {
  type BpfObject,
  bytesCodec,
  type Codec,
  KernelMap,
  MapType,
  possibleCpus,
} from "../../../bpf/libbpf/index.js";
import type { RawMap } from "../../source/rawMap.js";

/** `BPF_F_NO_PREALLOC`: memory only as it is used. */
export const noPrealloc = 1;

/** Before load: the object uses this map, whatever sizes its own was compiled with. */
export function reuse(object: BpfObject, name: string, source: RawMap): void {
  const map = object.map(name);
  map.valueSize = source.valueSize;
  map.maxEntries = source.maxEntries;
  map.reuse(source);
}

export interface MapShape {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
}

export function createMap(name: string, shape: MapShape): RawMap {
  const cpus = shape.type === MapType.PERCPU_ARRAY ? possibleCpus() : 1;
  return KernelMap.create<Uint8Array, Uint8Array>(
    { name, ...shape },
    {
      key: bytesCodec(shape.keySize) as Codec<Uint8Array>,
      value: bytesCodec(shape.valueSize * cpus) as Codec<Uint8Array>,
    },
  );
}
