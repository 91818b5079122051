/** Tells the kernel programs whose records nobody wants: `bpf/core/common/demand.h`. */
import { openRawMap } from "./rawMap.js";
import type { RecordLayout } from "./source.js";
import { StructWriter, structOf } from "./structWriter.js";

/** Of one hook. `generation` names what was said of its processes: a new one forgets it all. */
export interface HookDemand {
  readonly kind: "all" | "nobody" | "judged";
  readonly generation: number;
}

export interface DemandTable {
  /** In force for every call from now on. */
  set(hook: number, demand: HookDemand): void;
  /** Of a hook that is judged: nobody wants calls of this process instance. */
  reject(hook: number, generation: number, process: ProcessName): void;
}

export interface ProcessName {
  readonly pid: number;
  readonly keyNs: bigint;
}

/** As `GS_DEMANDS`. */
const places = 4096;

/** Takes duplicates of the descriptors. Throws `BpfError`. */
export function openDemandTable(
  fds: { readonly demandsFd: number; readonly unwantedFd: number },
  layout: RecordLayout,
): DemandTable & { close(): void } {
  const demand = structOf(layout, "gs_demand");
  const key = structOf(layout, "gs_unwanted_key");
  const demands = openRawMap(fds.demandsFd, 4, demand.size);
  const unwanted = openRawMap(fds.unwantedFd, key.size, 1);
  return {
    set(hook, { kind, generation }) {
      const bytes = new Uint8Array(demand.size);
      const writer = new StructWriter(bytes, demand, "gs_demand");
      writer.set("nobody", kind === "nobody" ? hook : 0);
      writer.set("judged", kind === "judged" ? hook : 0);
      writer.set("generation", generation);
      demands.update(new Uint8Array(Uint32Array.of(hook % places).buffer), bytes);
    },
    reject(hook, generation, { pid, keyNs }) {
      const bytes = new Uint8Array(key.size);
      const writer = new StructWriter(bytes, key, "gs_unwanted_key");
      writer.set("key_ns", keyNs);
      writer.set("pid", pid);
      writer.set("hook", hook);
      writer.set("generation", generation);
      unwanted.update(bytes, new Uint8Array([1]));
    },
    close() {
      demands.close();
      unwanted.close();
    },
  };
}
