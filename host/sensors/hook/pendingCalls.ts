/**
 * Calls that wait for their return, in maps by size. Some never return: `do_exit`, or what a thread
 * did when another one of its process made an exec. They are looked for from time to time.
 */
import { existsSync } from "node:fs";
import { type Btf, kernelInfo, MapType } from "../../../bpf/libbpf/index.js";
import type { RawMap } from "../../source/rawMap.js";
import { createMap, noPrealloc } from "./maps.js";

/** Calls of one size that can be waiting. */
const mostPending = 16_384;
/** ... where the kernel takes the memory for all of them at once. */
const pendingBytes = 8 << 20;
const sweepMs = 5000;

export class PendingCalls {
  readonly #btf: Btf;
  readonly #maps = new Map<number, RawMap>();
  /** By hook. */
  readonly #swept = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** For drafts of up to so many bytes. */
  mapFor(size: number): RawMap {
    const known = this.#maps.get(size);
    if (known !== undefined) return known;
    const made = createMap("hook_pending", {
      type: MapType.HASH,
      keySize: this.#btf.struct("gs_pending_key").size,
      valueSize: size,
      ...room(size),
    });
    this.#maps.set(size, made);
    this.#timer ??= setInterval(() => this.sweep(), sweepMs).unref();
    return made;
  }

  /** Forgets calls of threads that are gone; returns how many. */
  sweep(): number {
    let count = 0;
    this.#deleteWhere(({ hook, process, thread }) => {
      if (existsSync(`/proc/${process}/task/${thread}`)) return false;
      this.#swept.set(hook, this.swept(hook) + 1);
      count++;
      return true;
    });
    return count;
  }

  /** Calls of a hook whose return never came because their thread was gone. */
  swept(hook: number): number {
    return this.#swept.get(hook) ?? 0;
  }

  /** Those of a hook that is detached: none of their returns will be seen. */
  forget(hook: number): void {
    this.#deleteWhere((call) => call.hook === hook);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const map of this.#maps.values()) map.close();
  }

  #deleteWhere(test: (call: PendingCall) => boolean): void {
    const { thread, hook } = this.#btf.struct("gs_pending_key").members;
    if (thread === undefined || hook === undefined) throw new Error("gs_pending_key has changed");
    for (const map of this.#maps.values()) {
      for (const key of map.keys()) {
        const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
        const call = {
          hook: view.getUint32(hook.offset, true),
          thread: view.getUint32(thread.offset, true),
          process: view.getUint32(thread.offset + 4, true),
        };
        if (test(call)) map.delete(key);
      }
    }
  }
}

interface PendingCall {
  readonly hook: number;
  /** As bpf_get_current_pid_tgid() tells them. */
  readonly thread: number;
  readonly process: number;
}

/**
 * Tracing programs may have the kernel allocate entries as they come since 7c8199e24fa0 (6.1); and
 * it allocates no large ones.
 */
function room(size: number): { maxEntries: number; flags?: number } {
  const [major, minor] = kernelInfo().version;
  const asNeeded = major > 6 || (major === 6 && minor >= 1);
  if (asNeeded && size <= 4096) return { maxEntries: mostPending, flags: noPrealloc };
  return { maxEntries: Math.max(64, Math.min(mostPending, Math.floor(pendingBytes / size))) };
}
