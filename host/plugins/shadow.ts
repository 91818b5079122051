import { VERDICT_DROP, VERDICT_KEEP } from "../../plugins/sdk/abi.js";
import { type Batch, eventOf } from "./batch.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { LoadedPlugin } from "./loaded.js";
import type { Difference, SaidOfEvent, ShadowReport, ShadowSetup } from "./prepared.js";
import { FAILED, type Outcome, Runner, UNASKED } from "./runner.js";
import type { Packer } from "./runtime/packer.js";

/** A second version of an active plugin: sees the same events, changes nothing, is compared. */
export class Shadow {
  private readonly runner: Runner;
  private compared = 0;
  private different = 0;
  private readonly differences: Difference[] = [];

  constructor(
    readonly setup: ShadowSetup,
    plugin: LoadedPlugin,
    private readonly firstSequence: number,
    nowMs: () => number,
    /** The active version: the shadow begins with what it knows. */
    active: Runner,
  ) {
    this.runner = new Runner(plugin, { nowMs, isObserved: true });
    active.lend(this.runner);
  }

  /** To be called before what the active version said is done. */
  compare(batch: Batch, active: Outcome): void {
    if (this.runner.failure !== "") return;
    const shadow = this.runner.judge(batch);
    const activeTexts = annotationsOf(active);
    const shadowTexts = annotationsOf(shadow);
    for (let n = 0; n < batch.count; n++) {
      // One that a version does not want to see passes it, as if it were kept.
      if (active.verdicts[n] === UNASKED && shadow.verdicts[n] === UNASKED) continue;
      this.compared++;
      const a = saidOf(active, activeTexts, n);
      const b = saidOf(shadow, shadowTexts, n);
      if (a.verdict === b.verdict && a.annotations.join("\0") === b.annotations.join("\0")) {
        continue;
      }
      this.different++;
      if (this.differences.length >= PLUGIN_LIMITS.differencesKept) continue;
      this.differences.push({ sequence: eventOf(batch, n).sequence, active: a, shadow: b });
    }
  }

  get wantsCalls(): boolean {
    return this.runner.wantsCalls;
  }

  tick(packer: Packer): void {
    this.runner.tick(packer);
  }

  report(): ShadowReport {
    const { version, manifestVersion } = this.setup.plugin;
    return {
      version,
      manifestVersion,
      firstSequence: this.firstSequence,
      counts: { ...this.runner.counts },
      failure: this.runner.failure,
      compared: this.compared,
      different: this.different,
      differences: [...this.differences],
    };
  }
}

const noAnnotations: readonly string[] = [];

function annotationsOf({ annotations }: Outcome): ReadonlyMap<number, string[]> {
  const texts = new Map<number, string[]>();
  for (const { event, key, value } of annotations) {
    const list = texts.get(event) ?? [];
    list.push(`${key}=${value}`);
    texts.set(event, list);
  }
  for (const list of texts.values()) list.sort();
  return texts;
}

function saidOf(
  outcome: Outcome,
  texts: ReadonlyMap<number, readonly string[]>,
  n: number,
): SaidOfEvent {
  const verdict = outcome.verdicts[n];
  if (verdict === FAILED) return { verdict: "failed", annotations: noAnnotations };
  // What was said of an event that nobody will see makes no difference.
  if (verdict === VERDICT_DROP) return { verdict: "drop", annotations: noAnnotations };
  if (verdict !== VERDICT_KEEP && verdict !== UNASKED) throw new Error(`verdict ${verdict}`);
  return { verdict: "keep", annotations: texts.get(n) ?? noAnnotations };
}
