/** All that makes a hook's copy of a program its own, so that it can be loaded, and loaded again. */
import type { BpfObject } from "../../../bpf/libbpf/index.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import { type HookConfig, hookConfig, reportsAtReturn } from "./hookConfig.js";
import { openHookObject } from "./hookObject.js";
import type { Attaching, Mechanism } from "./mechanism.js";
import type { FilterSets } from "./selector/filterSets.js";
import type { MarkLease } from "./selector/marks.js";
import { selectorConfig } from "./selector/selectorConfig.js";
import type { Needs, SharedHookMaps } from "./sharedMaps.js";
import type { TreeMaps } from "./treeMaps.js";

/** What the hook holds in the maps that filters share. */
export interface Filters {
  readonly sets: FilterSets;
  readonly marks: MarkLease;
}

export interface HookPlan {
  readonly mechanism: Mechanism;
  /** Read-only variables, by name. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly needs: Needs;
}

/** Throws a `GuidestarError` that names hook and argument for what the programs can't do. */
export function planHook(
  spec: HookSpec,
  mechanism: Mechanism,
  ids: { readonly hook: number; readonly slot: number },
  filters: Filters,
  maps: SharedHookMaps,
  tree?: TreeMaps,
): HookPlan {
  const sizes = {
    event: maps.btf.struct("gs_hook_event").size,
    argument: maps.btf.struct("gs_arg").size,
  };
  const config = hookConfig(spec, mechanism, ids, sizes, tree);
  const selectors = spec.selectors.length > 0 && {
    selector_config: selectorConfig(spec, filters, maps.hostUserNs),
  };
  return {
    mechanism,
    variables: { hook_config: config, ...selectors },
    needs: {
      draftBytes: maps.draftHead + config.data_max,
      slackBytes: sizes.argument + slackOf(config, spec),
      atReturn: reportsAtReturn(spec),
      ...(tree && { tree }),
    },
  };
}

/** Opened, set up and loaded; close it once its programs are attached. */
export function loadPlan(
  { mechanism, variables, needs }: HookPlan,
  maps: SharedHookMaps,
): BpfObject {
  const object = openHookObject(mechanism.object, maps.hasLoop);
  try {
    for (const [name, { target }] of partsOf(mechanism)) {
      const program = object.program(name);
      program.autoload = true;
      if (target !== undefined) program.setTarget(target);
    }
    object.variables.setAll(variables);
    maps.share(object, needs);
    return object.load();
  } catch (error) {
    object.close();
    throw error;
  }
}

/**
 * The kernel sees each argument begin at the end of the record. Of one that is put together from
 * pieces it sees the last piece begin at the end, too.
 */
function slackOf(config: HookConfig, spec: HookSpec): number {
  const all = [...spec.args, ...(spec.returned ? [spec.returned] : [])];
  const hasPieces = all.some(({ type }) => type === "char_iovec" || type === "iov_iter");
  return (hasPieces ? 2 : 1) * config.payload_max + 8;
}

/** The return first: of a call that is seen to begin, the end must be seen. */
export const partsOf = ({
  entry,
  returned,
}: Mechanism): readonly (readonly [string, Attaching])[] =>
  returned === undefined
    ? [["hook_entry", entry]]
    : [
        ["hook_return", returned],
        ["hook_entry", entry],
      ];
