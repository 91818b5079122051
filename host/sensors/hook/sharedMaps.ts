/** What all hooks have in common: the maps of the base programs, and those made for hooks. */
import {
  type BpfObject,
  type Btf,
  bytesCodec,
  type Codec,
  KernelMap,
  MapType,
  possibleCpus,
} from "../../../bpf/libbpf/index.js";
import type { RawMap } from "../../source/rawMap.js";
import type { BaseSensor } from "../base.js";
import { openHookObject } from "./hookObject.js";
import { Slots } from "./slots.js";

/** As in `hook_scratch.h`. */
const placesPerCpu = 4;
const mostHooks = 4096;

/** Sizes of drafts, in bytes; hooks that fit into one share its maps. */
const draftClasses = [4096, 32_768, 131_072, 1_048_576] as const;

export class SharedHookMaps {
  readonly slots = new Slots(mostHooks);
  readonly #base: BaseSensor;
  readonly #counters: RawMap;
  readonly #scratches = new Map<number, RawMap>();
  /** Of the object that the hooks are made from. */
  readonly btf: Btf;

  constructor(base: BaseSensor) {
    this.#base = base;
    const object = openHookObject();
    this.btf = object.btf;
    object.close();
    this.#counters = createMap("hook_counters", {
      type: MapType.PERCPU_ARRAY,
      valueSize: this.btf.struct("gs_hook_counters").size,
      maxEntries: mostHooks,
    });
  }

  get countersBytes(): number {
    return this.btf.struct("gs_hook_counters").size * possibleCpus();
  }

  get counters(): RawMap {
    return this.#counters;
  }

  /** Before load: has the object use the shared maps, and create none that it does not need. */
  share(object: BpfObject, needs: { readonly draftBytes: number }): void {
    const { maps, settings } = this.#base.forHooks;
    for (const [name, fd] of Object.entries(maps)) object.map(name).reuse(fd);
    object.variables.setAll(settings);
    for (const name of unused) object.map(name).autocreate = false;
    object.map("hook_counters").maxEntries = mostHooks;
    object.map("hook_counters").reuse(this.#counters);
    const scratch = this.#scratch(needs.draftBytes);
    object.map("hook_scratches").valueSize = scratch.valueSize;
    object.map("hook_scratches").maxEntries = scratch.maxEntries;
    object.map("hook_scratches").reuse(scratch);
  }

  /** Hooks that are loaded keep what they use. Twice does no harm. */
  close(): void {
    this.#counters.close();
    for (const map of this.#scratches.values()) map.close();
  }

  #scratch(draftBytes: number): RawMap {
    const size = draftClasses.find((each) => each >= draftBytes) ?? draftBytes;
    const known = this.#scratches.get(size);
    if (known !== undefined) return known;
    const { offset } = memberOf(this.btf, "gs_hook_scratch", "draft");
    const made = createMap("hook_scratches", {
      type: MapType.ARRAY,
      valueSize: offset + size,
      maxEntries: possibleCpus() * placesPerCpu,
    });
    this.#scratches.set(size, made);
    return made;
  }
}

/** Maps that the base programs' headers bring along. */
const unused = ["exited", "host_spaces", "scratches", "mark_pids", "live"];

export function memberOf(btf: Btf, struct: string, member: string) {
  const found = btf.struct(struct).members[member];
  if (found === undefined) throw new Error(`struct ${struct} has no member ${member}`);
  return found;
}

function createMap(
  name: string,
  { type, valueSize, maxEntries }: { type: number; valueSize: number; maxEntries: number },
): RawMap {
  const cpus = type === MapType.PERCPU_ARRAY ? possibleCpus() : 1;
  return KernelMap.create<Uint8Array, Uint8Array>(
    { type, name, keySize: 4, valueSize, maxEntries },
    {
      key: bytesCodec(4) as Codec<Uint8Array>,
      value: bytesCodec(valueSize * cpus) as Codec<Uint8Array>,
    },
  );
}
