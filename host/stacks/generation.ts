/**
 * Takes out of the kernel what a tree counted: puts an empty map in the place of the one that programs
 * count in. The kernel answers once no program uses the old one any more, so it holds all that was
 * counted up to then, and nothing of it is in the next one.
 */
import {
  bytesCodec,
  type Codec,
  KernelMap,
  MapType,
  possibleCpus,
} from "../../bpf/libbpf/index.js";
import { openRawMap, type RawMap } from "../source/rawMap.js";

export interface GenerationShape {
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_…` */
  readonly flags: number;
}

/** Where things lie in `struct gs_tree_key` and `struct gs_tree_stack`; bytes. */
export interface StackLayout {
  readonly head: number;
  /** Room for one stack; the kernel's comes first. */
  readonly stackBytes: number;
  readonly kernel: boolean;
  readonly user: boolean;
  readonly count: number;
  readonly kernelSize: number;
  readonly userSize: number;
  readonly keyNs: number;
  readonly pid: number;
}

/** A tree for whoever reads it, in whatever thread: plain data. */
export interface TreeInit {
  readonly name: string;
  readonly stacksFd: number;
  readonly countersFd: number;
  readonly shape: GenerationShape;
  readonly layout: StackLayout;
}

/** Calls with the same stack in the same process. */
export interface CountedStack {
  readonly pid: number;
  readonly keyNs: bigint;
  readonly count: number;
  /**
   * Innermost first. Signed: the kernel's half of the address space is negative, so that a number
   * holds an address exactly.
   */
  readonly kernel: readonly number[];
  readonly user: readonly number[];
}

export interface TreeCounts {
  readonly counted: number;
  /** Calls whose stack the kernel had no room for. */
  readonly lost: number;
}

export function createGeneration(shape: GenerationShape): RawMap {
  return KernelMap.create<Uint8Array, Uint8Array>(
    { name: "tree_generation", type: MapType.HASH, ...shape },
    {
      key: bytesCodec(shape.keySize) as Codec<Uint8Array>,
      value: bytesCodec(shape.valueSize) as Codec<Uint8Array>,
    },
  );
}

/** One tree, as its reader holds it. Takes duplicates of the descriptors. */
export class CountedStacks {
  readonly #init: TreeInit;
  readonly #stacks: RawMap;
  readonly #counters: RawMap;
  /** The one that programs count in. */
  #current: RawMap;

  /** What was counted before is forgotten: make it before there are hooks. */
  constructor(init: TreeInit) {
    this.#init = init;
    this.#stacks = openRawMap(init.stacksFd, 4, 4);
    this.#counters = openRawMap(init.countersFd, 4, countersBytes * possibleCpus());
    this.#current = this.#replace();
  }

  /** Blocks for as long as programs need to leave the old map: some ms. */
  take(): CountedStack[] {
    if (this.#isEmpty()) return [];
    const old = this.#current;
    this.#current = this.#replace();
    try {
      return Array.from(old.entries(), ([key, value]) => this.#read(key, value));
    } finally {
      old.close();
    }
  }

  counts(): TreeCounts {
    const bytes = this.#counters.lookup(word(0)) ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const counts = { counted: 0, lost: 0 };
    for (let at = 0; at + countersBytes <= view.byteLength; at += countersBytes) {
      counts.counted += Number(view.getBigUint64(at, true));
      counts.lost += Number(view.getBigUint64(at + 8, true));
    }
    return counts;
  }

  close(): void {
    this.#current.close();
    this.#stacks.close();
    this.#counters.close();
  }

  #isEmpty(): boolean {
    for (const _key of this.#current.keys()) return false;
    return true;
  }

  #replace(): RawMap {
    const next = createGeneration(this.#init.shape);
    try {
      this.#stacks.update(word(0), word(next.fd));
      return next;
    } catch (error) {
      next.close();
      throw error;
    }
  }

  #read(key: Uint8Array, value: Uint8Array): CountedStack {
    const { layout } = this.#init;
    const keys = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const userAt = layout.head + (layout.kernel ? layout.stackBytes : 0);
    return {
      pid: keys.getUint32(layout.pid, true),
      keyNs: keys.getBigUint64(layout.keyNs, true),
      count: Number(view.getBigUint64(layout.count, true)),
      kernel: addresses(view, layout.head, view.getUint32(layout.kernelSize, true)),
      user: addresses(view, userAt, view.getUint32(layout.userSize, true)),
    };
  }
}

/** Of `struct gs_tree_counters`: counted, lost. */
const countersBytes = 16;

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function addresses(view: DataView, at: number, bytes: number): number[] {
  return Array.from({ length: bytes / 8 }, (_, i) => {
    const low = view.getUint32(at + 8 * i, true);
    return view.getInt32(at + 8 * i + 4, true) * 0x1_0000_0000 + low;
  });
}
