/**
 * Filters that follow children or forks: each has a bit, and a process has that bit if it or one
 * that it stems from matches. The base programs give and inherit the bits from the moment on that
 * they know of a filter; what was there before is marked here.
 */
import type { Btf } from "../../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../../errors.js";
import type { PidFilter } from "../../../policy/hookSpec.js";
import type { RawMap } from "../../../source/rawMap.js";
import { StructWriter } from "../../../source/structWriter.js";
import type { TextMatch } from "./filterSets.js";
import { MarkRules, type Rule } from "./markRules.js";
import { type MarkedProcess, runningProcesses } from "./runningProcesses.js";

export interface MarkMaps {
  readonly processes: RawMap;
  readonly facts: RawMap;
  readonly processMarks: RawMap;
  readonly markPids: RawMap;
  readonly live: RawMap;
  readonly texts: RawMap;
  readonly shortTexts: RawMap;
  readonly prefixes: RawMap;
}

/** The bits that one hook uses. */
export interface MarkLease {
  ofPids(filter: Pick<PidFilter, "values" | "namespaced">): number;
  ofBinaries(match: TextMatch, values: readonly Uint8Array[]): number;
  /** Twice does no harm. */
  close(): void;
}

interface Held {
  readonly bit: number;
  readonly rule: Rule;
  users: number;
}

const bits = 128;
/** Until nothing new is found; each look finds what was forked during the one before. */
const mostLooks = 10;

export class Marks {
  readonly #btf: Btf;
  readonly #maps: MarkMaps;
  readonly #rules: MarkRules;
  readonly #held = new Map<string, Held>();
  #next = 0;

  constructor(btf: Btf, maps: MarkMaps) {
    this.#btf = btf;
    this.#maps = maps;
    this.#rules = new MarkRules(btf, maps);
  }

  lease(): MarkLease {
    const used = new Set<string>();
    const take = (rule: Rule): number => {
      const name = nameOf(rule);
      const held = this.#held.get(name) ?? this.#add(name, rule);
      if (!used.has(name)) held.users++;
      used.add(name);
      return held.bit;
    };
    return {
      ofPids: ({ values, namespaced }) => take({ kind: "pids", values, namespaced }),
      ofBinaries: (match, values) => take({ kind: "binaries", match, values }),
      close: () => {
        for (const name of used) this.#giveBack(name);
        used.clear();
      },
    };
  }

  #add(name: string, rule: Rule): Held {
    const held = { bit: this.#freeBit(), rule, users: 0 };
    this.#rules.add(held.bit, rule);
    this.#held.set(name, held);
    for (let looks = 0; looks < mostLooks && this.#markRunning(held) > 0; looks++);
    return held;
  }

  /** In turn, so that a bit is not used again soon after it was given back. */
  #freeBit(): number {
    const taken = new Set([...this.#held.values()].map(({ bit }) => bit));
    for (let i = 0; i < bits; i++) {
      const bit = (this.#next + i) % bits;
      if (taken.has(bit)) continue;
      this.#next = bit + 1;
      return bit;
    }
    throw new GuidestarError(
      "RESOURCE_EXHAUSTED",
      `There can't be more than ${bits} different filters with followChildren or followForks at a time: remove a policy first.`,
    );
  }

  #markRunning({ bit, rule }: Held): number {
    const running = runningProcesses(this.#btf, this.#maps, rule);
    const isMarked = (process: MarkedProcess | undefined, depth = 0): boolean =>
      process !== undefined &&
      depth < running.size &&
      (process.matches || isMarked(running.get(process.parentPid), depth + 1));
    let added = 0;
    for (const [pid, process] of running) {
      if (isMarked(process) && this.#setBit(pid, bit, true)) added++;
    }
    return added;
  }

  #giveBack(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined || --held.users > 0) return;
    this.#held.delete(name);
    this.#rules.remove(held.bit, held.rule);
    for (let looks = 0, cleared = 1; cleared > 0 && looks < mostLooks; looks++) {
      cleared = 0;
      for (const key of [...this.#maps.processMarks.keys()]) {
        if (this.#setBit(pidOf(key), held.bit, false)) cleared++;
      }
    }
  }

  /** Whether that changed anything. */
  #setBit(pid: number, bit: number, on: boolean): boolean {
    const { processMarks } = this.#maps;
    const key = new Uint8Array(Uint32Array.of(pid).buffer);
    const bytes = processMarks.lookup(key) ?? new Uint8Array(processMarks.valueSize);
    const words = new BigUint64Array(bytes.slice().buffer);
    const index = bit >> 6;
    const mask = 1n << BigInt(bit & 63);
    const word = words[index] ?? 0n;
    if (((word & mask) !== 0n) === on) return false;
    words[index] = on ? word | mask : word & ~mask;
    if (words.every((each) => each === 0n)) processMarks.delete(key);
    else processMarks.update(key, new Uint8Array(words.buffer));
    return true;
  }
}

export const pidOf = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset).getUint32(0, true);

const nameOf = (rule: Rule): string =>
  rule.kind === "pids"
    ? JSON.stringify([rule.kind, rule.namespaced, [...rule.values].sort()])
    : JSON.stringify([rule.kind, rule.match, rule.values.map(textName).sort()]);

const textName = (text: Uint8Array): string => Buffer.from(text).toString("hex");

/** Value of the map `live`. */
export function liveBytes(btf: Btf, counts: { binaries: number; pids: number }): Uint8Array {
  const { size, members } = btf.struct("gs_live");
  const bytes = new Uint8Array(size);
  const writer = new StructWriter(bytes, { size, fields: members }, "gs_live");
  writer.set("binary_marks", counts.binaries);
  writer.set("pid_marks", counts.pids);
  return bytes;
}
