/** What all hooks have in common: the maps of the base programs, and those made for hooks. */
import {
  type BpfObject,
  type Btf,
  KernelMap,
  MapType,
  possibleCpus,
} from "../../../bpf/libbpf/index.js";
import { namespaceNames } from "../../events/model.js";
import type { RawMap } from "../../source/rawMap.js";
import { openRawMap } from "../../source/rawMap.js";
import type { BaseSensor } from "../base.js";
import { openHookObject } from "./hookObject.js";
import { createMap, type MapShape, noPrealloc, reuse } from "./maps.js";
import { PendingCalls } from "./pendingCalls.js";
import type { FilterMaps } from "./selector/filterSets.js";
import { Marks } from "./selector/marks.js";
import { Slots } from "./slots.js";
import type { TreeMaps } from "./treeMaps.js";

const mostHooks = 4096;

/** Sizes of drafts, in bytes: hooks whose records fit into one share its maps. */
const draftClasses = [4096, 32_768, 131_072, 524_288, 1 << 20, 2 << 20];

/** How many hooks can be at work on a CPU, inside each other, if their records are of this class. */
const placesOf = (draftBytes: number): number => (draftBytes <= 32_768 ? 4 : 2);

/** Values of filters over all hooks, in each map of them. */
const mostValues = 65_536;
/** Of events that come at a limited rate, how many are remembered. */
const mostRates = 4096;

export interface Needs {
  /** The longest record with what stands ahead of it in `struct gs_hook_draft`. */
  readonly draftBytes: number;
  /** Room behind it in which the verifier sees arguments end. */
  readonly slackBytes: number;
  readonly atReturn: boolean;
  /** That it counts in. */
  readonly tree?: TreeMaps;
}

export class SharedHookMaps {
  readonly slots = new Slots(mostHooks);
  /** Of the object that hooks are made from. */
  readonly btf: Btf;
  readonly hasLoop: boolean;
  /** Bytes of `struct gs_hook_draft` ahead of the record. */
  readonly draftHead: number;
  readonly counters: RawMap;
  /** By slot: 1 in monitor mode. */
  readonly modes: RawMap;
  /** Values of filters. */
  readonly filters: FilterMaps;
  readonly marks: Marks;
  readonly pending: PendingCalls;
  /** Inode number. */
  readonly hostUserNs: number;
  readonly #rates: RawMap;
  readonly #forHooks: BaseSensor["forHooks"];
  readonly #fromBase: RawMap[] = [];
  readonly #scratches = new Map<number, RawMap>();

  constructor({ forHooks, hostNamespaces }: BaseSensor) {
    this.#forHooks = forHooks;
    this.hostUserNs = hostNamespaces[namespaceNames.indexOf("user")] ?? 0;
    this.hasLoop = forHooks.hasLoop;
    const object = openHookObject("raw_tracepoint", this.hasLoop);
    this.btf = object.btf;
    object.close();
    this.pending = new PendingCalls(this.btf);
    this.draftHead = this.#offset("gs_hook_draft", "data");
    this.counters = createMap("hook_counters", {
      type: MapType.PERCPU_ARRAY,
      keySize: 4,
      valueSize: this.btf.struct("gs_hook_counters").size,
      maxEntries: mostHooks,
    });
    this.modes = createMap("hook_modes", {
      type: MapType.ARRAY,
      keySize: 4,
      valueSize: 4,
      maxEntries: mostHooks,
    });
    this.#rates = createMap("rates", {
      type: MapType.LRU_HASH,
      keySize: this.btf.struct("gs_rate_key").size,
      valueSize: 8,
      maxEntries: mostRates,
    });
    this.filters = {
      numbers: createMap("numbers", this.#values(MapType.HASH, "gs_number_key")),
      blocks: createMap("blocks", this.#values(MapType.LPM_TRIE, "gs_block_key")),
      texts: this.#base("texts"),
      shortTexts: this.#base("short_texts"),
      prefixes: this.#base("prefixes"),
    };
    this.marks = new Marks(this.btf, {
      ...this.filters,
      processes: this.#base("processes"),
      facts: this.#base("process_facts"),
      processMarks: this.#base("process_marks"),
      markPids: this.#base("mark_pids"),
      live: this.#base("live"),
    });
  }

  /** Bytes of an entry of `counters`, over all CPUs. */
  get countersBytes(): number {
    return this.btf.struct("gs_hook_counters").size * possibleCpus();
  }

  /** Before load: has the object use the shared maps, and create none that it does not need. */
  share(object: BpfObject, needs: Needs): void {
    const { maps, settings } = this.#forHooks;
    for (const [name, fd] of Object.entries(maps)) object.map(name).reuse(fd);
    object.variables.setAll(settings);
    for (const name of unused) object.map(name).autocreate = false;
    reuse(object, "hook_counters", this.counters);
    reuse(object, "hook_modes", this.modes);
    reuse(object, "rates", this.#rates);
    reuse(object, "numbers", this.filters.numbers);
    reuse(object, "blocks", this.filters.blocks);
    shareTree(object, needs.tree);
    const size = classOf(needs.draftBytes + needs.slackBytes);
    object.variables.set("hook_config.scratches", placesOf(size));
    reuse(object, "hook_scratches", this.#scratchOf(size));
    // the kernel sees that the head of an argument can be read even at the end
    const waiting = needs.atReturn ? needs.draftBytes + argumentHead : 0;
    reuse(object, "hook_pending", this.pending.mapFor(pendingClassOf(waiting)));
  }

  /** Hooks that are loaded keep what they use. Twice does no harm. */
  close(): void {
    for (const map of [this.counters, this.modes, this.#rates, ...Object.values(this.filters)]) {
      map.close();
    }
    for (const map of this.#fromBase.splice(0)) map.close();
    for (const map of this.#scratches.values()) map.close();
    this.pending.close();
  }

  #scratchOf(size: number): RawMap {
    const known = this.#scratches.get(size);
    if (known !== undefined) return known;
    const made = createMap("hook_scratches", {
      type: MapType.ARRAY,
      keySize: 4,
      valueSize: this.#offset("gs_hook_scratch", "draft") + size,
      maxEntries: possibleCpus() * placesOf(size),
    });
    this.#scratches.set(size, made);
    return made;
  }

  /** A map of the base programs. */
  #base(name: string): RawMap {
    const fd = this.#forHooks.maps[name];
    if (fd === undefined) throw new Error(`the base programs share no map ${name}`);
    const plain = KernelMap.from(fd);
    const map = openRawMap(fd, plain.keySize, plain.valueSize);
    plain.close();
    this.#fromBase.push(map);
    return map;
  }

  #values(type: number, key: string): MapShape {
    const keySize = this.btf.struct(key).size;
    return { type, keySize, valueSize: 1, maxEntries: mostValues, flags: noPrealloc };
  }

  #offset(struct: string, member: string): number {
    const found = this.btf.struct(struct).members[member];
    if (found === undefined) throw new Error(`struct ${struct} has no member ${member}`);
    return found.offset;
  }
}

function shareTree(object: BpfObject, tree: TreeMaps | undefined): void {
  if (tree === undefined) {
    for (const name of ofTrees) object.map(name).autocreate = false;
    return;
  }
  object.map("tree_stacks").reuse(tree.stacks);
  object.map("tree_counters").reuse(tree.counters);
  object.map("tree_known").reuse(tree.commons.known);
  object.map("tree_news").reuse(tree.commons.news);
}

const ofTrees = ["tree_stacks", "tree_counters", "tree_known", "tree_news"];

/** Maps that the base programs' headers bring along. */
const unused = ["exited", "host_spaces", "scratches"];

/** Bytes of `struct gs_arg`. */
const argumentHead = 8;

/** What waits is copied whole, so there are small classes, too. */
const smallDrafts = [256, 512, 1024, 2048];
const pendingClassOf = (bytes: number): number =>
  smallDrafts.find((each) => each >= bytes) ?? classOf(bytes);

const classOf = (bytes: number): number => draftClasses.find((each) => each >= bytes) ?? bytes;
