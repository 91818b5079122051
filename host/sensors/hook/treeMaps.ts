/** The maps of stack trace trees: hooks count in them, `host/stacks` reads them. */
import { randomBytes } from "node:crypto";
import {
  type Btf,
  bytesCodec,
  type Codec,
  KernelMap,
  kernelInfo,
  MapType,
} from "../../../bpf/libbpf/index.js";
import type { TreeSpec } from "../../policy/hookSpec.js";
import type { RawMap } from "../../source/rawMap.js";
import { createGeneration, type TreeInit } from "../../stacks/generation.js";
import type { NewsLayout } from "../../stacks/processes.js";
import { createMap, noPrealloc } from "./maps.js";

/** As GS_STACK_BYTES. */
export const stackBytes = 127 * 8;

/** Stacks that are kept apart between two looks of the host, a process' own ones each. */
const mostStacks = 8192;
/** ... where the kernel takes the memory for all of them at once. */
const mostStacksAtOnce = 2048;
const mostKnown = 8192;
const newsBytes = 256 * 1024;

/** What all trees of a node share. */
export class TreeCommons {
  readonly known: RawMap;
  /** A ring: reuse its descriptor, it is never read by key. */
  readonly news: KernelMap;
  readonly newsLayout: NewsLayout;

  constructor(readonly btf: Btf) {
    const { size } = btf.struct("gs_key");
    this.known = createMap("tree_known", {
      type: MapType.LRU_HASH,
      keySize: size,
      valueSize: 1,
      maxEntries: mostKnown,
    });
    this.news = KernelMap.create({
      name: "tree_news",
      type: MapType.RINGBUF,
      keySize: 0,
      valueSize: 0,
      maxEntries: newsBytes,
    });
    this.newsLayout = {
      keyNs: offsetOf(btf, "gs_tree_news", "key") + offsetOf(btf, "gs_key", "key_ns"),
      pid: offsetOf(btf, "gs_tree_news", "key") + offsetOf(btf, "gs_key", "pid"),
      binarySize: offsetOf(btf, "gs_tree_news", "binary_size"),
      binary: offsetOf(btf, "gs_tree_news", "binary"),
      binaryBytes: btf.struct("gs_tree_news").size - offsetOf(btf, "gs_tree_news", "binary"),
    };
  }

  /** Twice does no harm. */
  close(): void {
    this.known.close();
    this.news.close();
  }
}

/** Of one tree. Hooks that are loaded keep what they use. */
export class TreeMaps {
  readonly stacks: RawMap;
  readonly counters: RawMap;
  /** So that nobody can make two stacks look the same. */
  readonly seed = randomBytes(8).readBigUInt64LE();
  /** For whoever reads it; plain data. */
  readonly init: TreeInit;

  constructor(
    readonly spec: TreeSpec,
    readonly commons: TreeCommons,
  ) {
    const { btf } = commons;
    const head = btf.struct("gs_tree_stack").size;
    const parts = Number(spec.kernel) + Number(spec.user);
    const shape = {
      keySize: btf.struct("gs_tree_key").size,
      valueSize: head + parts * stackBytes,
      ...room(),
    };
    const first = createGeneration(shape);
    try {
      this.stacks = KernelMap.create(
        {
          name: "tree_stacks",
          type: MapType.ARRAY_OF_MAPS,
          keySize: 4,
          valueSize: 4,
          maxEntries: 1,
          inner: first,
        },
        { key: wordCodec, value: wordCodec },
      );
      this.stacks.update(slotZero, word(first.fd));
    } finally {
      first.close();
    }
    this.counters = createMap("tree_counters", {
      type: MapType.PERCPU_ARRAY,
      keySize: 4,
      valueSize: btf.struct("gs_tree_counters").size,
      maxEntries: 1,
    });
    this.init = {
      name: spec.name,
      stacksFd: this.stacks.fd,
      countersFd: this.counters.fd,
      shape,
      layout: {
        head,
        stackBytes,
        kernel: spec.kernel,
        user: spec.user,
        count: offsetOf(btf, "gs_tree_stack", "count"),
        kernelSize: offsetOf(btf, "gs_tree_stack", "kernel_size"),
        userSize: offsetOf(btf, "gs_tree_stack", "user_size"),
        keyNs: offsetOf(btf, "gs_tree_key", "key_ns"),
        pid: offsetOf(btf, "gs_tree_key", "pid"),
      },
    };
  }

  close(): void {
    this.stacks.close();
    this.counters.close();
  }
}

function offsetOf(btf: Btf, struct: string, member: string): number {
  const found = btf.struct(struct).members[member];
  if (found === undefined) throw new Error(`struct ${struct} has no member ${member}`);
  return found.offset;
}

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const slotZero = word(0);
const wordCodec = bytesCodec(4) as Codec<Uint8Array>;

/** See `room` of `pendingCalls.ts`. */
function room(): { maxEntries: number; flags: number } {
  const [major, minor] = kernelInfo().version;
  const asNeeded = major > 6 || (major === 6 && minor >= 1);
  return asNeeded
    ? { maxEntries: mostStacks, flags: noPrealloc }
    : { maxEntries: mostStacksAtOnce, flags: 0 };
}
