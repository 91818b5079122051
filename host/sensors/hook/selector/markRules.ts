/** What the base programs mark processes by, in their maps. */
import type { Btf } from "../../../../bpf/libbpf/index.js";
import type { RawMap } from "../../../source/rawMap.js";
import { type TextMatch, textKey, updateOrFull, writeKey } from "./filterSets.js";
import { liveBytes, type MarkMaps } from "./marks.js";

export type Rule =
  | { readonly kind: "pids"; readonly values: readonly number[]; readonly namespaced: boolean }
  | {
      readonly kind: "binaries";
      readonly match: TextMatch;
      readonly values: readonly Uint8Array[];
    };

/** As in `text.h`: the sets of the base programs. */
const sets = { equal: 1, prefix: 2, postfix: 3 } as const;

interface Text {
  readonly match: TextMatch;
  readonly value: Buffer;
  mask: bigint;
}

export class MarkRules {
  readonly #btf: Btf;
  readonly #maps: MarkMaps;
  readonly #texts = new Map<string, Text>();
  readonly #pids = new Map<string, { readonly pid: number; readonly ns: boolean; mask: bigint }>();
  readonly #counts = { binaries: 0, pids: 0 };

  constructor(btf: Btf, maps: MarkMaps) {
    this.#btf = btf;
    this.#maps = maps;
  }

  /** Throws `RESOURCE_EXHAUSTED` when a map is full; then nothing has changed. */
  add(bit: number, rule: Rule): void {
    this.#counts[rule.kind]++;
    try {
      this.#change(bit, rule, true);
    } catch (error) {
      this.remove(bit, rule);
      throw error;
    }
  }

  remove(bit: number, rule: Rule): void {
    this.#counts[rule.kind]--;
    this.#change(bit, rule, false);
  }

  #change(bit: number, rule: Rule, on: boolean): void {
    // The rules come first and go last: the programs look for them only if there are any.
    if (rule.kind === "pids") {
      for (const pid of rule.values) this.#changePid(bit, pid, rule.namespaced, on);
    } else {
      for (const value of rule.values) this.#changeText(bit, rule.match, value, on);
    }
    this.#maps.live.update(new Uint8Array(4), liveBytes(this.#btf, this.#counts));
  }

  #changePid(bit: number, pid: number, ns: boolean, on: boolean): void {
    const name = `${pid} ${ns}`;
    const entry = this.#pids.get(name) ?? { pid, ns, mask: 0n };
    entry.mask = withBit(entry.mask, bit, on);
    const key = writeKey(this.#btf, "gs_mark_pid", { pid, is_namespaced: Number(ns) });
    this.#pids.set(name, entry);
    if (entry.mask === 0n) this.#pids.delete(name);
    put(this.#maps.markPids, key, entry.mask);
  }

  #changeText(bit: number, match: TextMatch, value: Uint8Array, on: boolean): void {
    const name = `${match} ${Buffer.from(value).toString("hex")}`;
    const entry = this.#texts.get(name) ?? { match, value: Buffer.from(value), mask: 0n };
    entry.mask = withBit(entry.mask, bit, on);
    this.#texts.set(name, entry);
    if (entry.mask === 0n) this.#texts.delete(name);
    for (const each of [entry, ...this.#longer(entry)]) {
      const [map, key] = textKey(this.#btf, this.#maps, sets[match], match, each.value);
      put(map, key, each.mask === 0n ? 0n : this.#maskOf(each));
    }
  }

  /** The kernel finds only the longest that fits, which so has to stand for the shorter ones, too. */
  #maskOf(text: Text): bigint {
    let mask = 0n;
    for (const each of this.#texts.values()) {
      if (each.match === text.match && fits(each, text.value)) mask |= each.mask;
    }
    return mask;
  }

  #longer(text: Text): Text[] {
    const all = [...this.#texts.values()];
    return all.filter(
      (each) => each !== text && each.match === text.match && fits(text, each.value),
    );
  }
}

function fits({ match, value }: Text, whole: Buffer): boolean {
  if (match === "equal") return whole.equals(value);
  const part =
    match === "prefix"
      ? whole.subarray(0, value.length)
      : whole.subarray(Math.max(0, whole.length - value.length));
  return part.equals(value);
}

function withBit(mask: bigint, bit: number, on: boolean): bigint {
  const one = 1n << BigInt(bit);
  return on ? mask | one : mask & ~one;
}

/** `struct gs_marks`; none: no entry. */
function put(map: RawMap, key: Uint8Array, mask: bigint): void {
  if (mask === 0n) {
    map.delete(key);
    return;
  }
  const words = BigUint64Array.of(BigInt.asUintN(64, mask), mask >> 64n);
  updateOrFull(map, key, new Uint8Array(words.buffer));
}
