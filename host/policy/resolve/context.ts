/** What all that resolves a part of a policy shares. */

import type { ListText, SpecText } from "../document/document.js";
import { Place, type Position, type Problem } from "../document/problem.js";
import type { PolicyMode, TreeSpec } from "../hookSpec.js";
import type { KernelFacts } from "../kernel/facts.js";

export interface Context {
  readonly facts: KernelFacts;
  readonly spec: SpecText;
  readonly mode: PolicyMode;
  /** What could not be checked here: a kernel that is asked later may refuse it. */
  readonly unchecked: Problem[];
  /** Worth knowing, and no obstacle. */
  readonly warnings: Problem[];
  /** Those that hooks have named so far. */
  readonly trees: Map<string, TreeSpec>;
  list(name: string): ListText | undefined;
}

export function leaveUnchecked(context: Context, place: Place, at: Position, why: string): void {
  new Place(place.path, context.unchecked).note(at, why);
}

export function warn(context: Context, place: Place, at: Position, why: string): void {
  new Place(place.path, context.warnings).note(at, why);
}
