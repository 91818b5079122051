/**
 * Has the kernel leave out what nobody would get: hooks that no stream, export or plugin asks for, and
 * of the others processes whose calls no stream takes. Whenever somebody comes or goes it is reckoned
 * anew, and in force before whoever came is told so.
 */
import { Hook } from "../events/hook/hook.js";
import { type Event, EventType, isHookEvent } from "../events/model.js";
import { functionTest } from "../plugins/functions.js";
import type { PluginSetup } from "../plugins/prepared.js";
import type { HookDescription } from "../policy/hookSpec.js";
import type { DemandTable, HookDemand } from "../source/demandTable.js";
import { demandOf, isSettled } from "../stream/demand.js";
import type { StreamSpec } from "../stream/filterSpec.js";

/** Of the hooks that are known now. */
export interface PushdownCounts {
  /** Nobody wants an event of these. */
  readonly nobody: number;
  /** Of these the calls of some processes are left out. */
  readonly judged: number;
  /** Such processes, counted once a hook, since start. */
  readonly rejected: number;
}

interface KnownHook {
  readonly hook: Hook;
  kind: HookDemand["kind"] | undefined;
  generation: number;
  /** Processes that were rejected. */
  readonly judged: Set<string>;
}

/** Then they are forgotten, and judged once more. */
const mostJudged = 16_384;

export class Pushdown {
  readonly #table: DemandTable;
  readonly #hooks = new Map<number, KnownHook>();
  readonly #streams = new Map<number, StreamSpec>();
  #plugins: readonly PluginSetup[] = [];
  #generation = 0;
  #judges = false;
  #rejected = 0;

  constructor(table: DemandTable) {
    this.#table = table;
  }

  /** Before they are attached. */
  define(hooks: readonly HookDescription[]): void {
    for (const each of hooks) {
      const judged = new Set<string>();
      this.#hooks.set(each.hook, { hook: new Hook(each), kind: undefined, generation: 0, judged });
    }
    this.#reckon();
  }

  /** After they are detached. */
  forget(hooks: readonly number[]): void {
    for (const each of hooks) this.#hooks.delete(each);
    this.#reckon();
  }

  /** Call it before the stream is told that it began. */
  subscribe(group: number, spec: StreamSpec): void {
    this.#streams.set(group, spec);
    this.#renew();
  }

  unsubscribe(group: number): void {
    this.#streams.delete(group);
    this.#renew();
  }

  arrange(plugins: readonly PluginSetup[]): void {
    this.#plugins = plugins;
    this.#renew();
  }

  /** What is left of a batch behind the plugins, and whether any stream takes an event. */
  judge(events: readonly Event[], isTaken: (event: Event) => boolean): void {
    if (!this.#judges) return;
    for (const event of events) {
      if (!isHookEvent(event) || !isSettled(event)) continue;
      const known = this.#hooks.get(event.hook.description.hook);
      const { pid, keyNs } = event.process as { pid: number; keyNs: bigint };
      if (known?.kind !== "judged") continue;
      const name = `${pid} ${keyNs}`;
      if (known.judged.has(name) || isTaken(event)) continue;
      if (known.judged.size === mostJudged) known.judged.clear();
      known.judged.add(name);
      this.#rejected++;
      this.#table.reject(event.hook.description.hook, known.generation, { pid, keyNs });
    }
  }

  counts(): PushdownCounts {
    const count = (kind: HookDemand["kind"]) =>
      [...this.#hooks.values()].filter((each) => each.kind === kind).length;
    return { nobody: count("nobody"), judged: count("judged"), rejected: this.#rejected };
  }

  /** What was said of processes is forgotten. */
  #renew(): void {
    this.#generation++;
    this.#reckon();
  }

  #reckon(): void {
    this.#judges = false;
    for (const [number, known] of this.#hooks) {
      const kind = this.#demandOf(known.hook);
      if (kind === "judged") this.#judges = true;
      const isSame = kind === known.kind && kind !== "judged";
      if (isSame || (known.kind === kind && known.generation === this.#generation)) continue;
      known.kind = kind;
      known.generation = this.#generation;
      known.judged.clear();
      this.#table.set(number, { kind, generation: this.#generation });
    }
  }

  #demandOf(hook: Hook): HookDemand["kind"] {
    const type = hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE;
    if (this.#plugins.some((each) => sees(each, hook, type))) return "all";
    const demands = Array.from(this.#streams.values(), (spec) => demandOf(spec, hook, type));
    if (demands.every((each) => each === "none")) return "nobody";
    // Plugins may fill in what filters ask for.
    const isOpen = demands.includes("any") || this.#plugins.length > 0;
    return isOpen ? "all" : "judged";
  }
}

/** Whether the plugin, or the version that is compared with it, is given events of the hook. */
function sees({ plugin, shadow }: PluginSetup, hook: Hook, type: number): boolean {
  return [plugin, shadow?.plugin].some(
    (each) =>
      each &&
      (each.eventTypes.length === 0 || each.eventTypes.includes(type)) &&
      functionTest(each)(hook),
  );
}
