/** The selectors of a `HookSpec` as the value of `selector_config` in the hook programs. */
import { randomBytes } from "node:crypto";
import { GuidestarError } from "../../../errors.js";
import type { HookSpec, SelectorSpec } from "../../../policy/hookSpec.js";
import { reportsAtReturn } from "../hookConfig.js";
import { actionsConfig, returnActionsConfig } from "./actions.js";
import { argumentFilter } from "./argumentFilters.js";
import { emptyFilter, type FilterConfig, noMark, stages } from "./filters.js";
import {
  binaryFilter,
  capabilityFilter,
  type FilterTools,
  namespaceChange,
  namespaceFilter,
  pidFilter,
} from "./processFilters.js";

/** As in `selector/config.h`; a test holds them against the object's BTF. */
export const most = {
  selectors: 8,
  pids: 4,
  binaries: 4,
  namespaces: 10,
  capabilities: 4,
  changes: 4,
  args: 5,
} as const;

export type SelectorConfig = ReturnType<typeof selectorConfig>;

/**
 * Fills the sets that its filters need. Throws a `GuidestarError` that names hook and selector for
 * what the programs can't do; what was filled by then is the caller's to close.
 */
export function selectorConfig(spec: HookSpec, tools: FilterTools, hostUserNs: number) {
  check(spec.selectors, most.selectors, "selectors", spec.functionName);
  const all = spec.selectors.map((each, i) =>
    oneSelector(each, spec, tools, `${spec.functionName}, selectors[${i}]`),
  );
  const some = (wanted: (one: (typeof all)[number]) => boolean) => Number(all.some(wanted));
  const filters = (one: (typeof all)[number]) => one.arg.slice(0, one.args);
  return {
    count: all.length,
    host_user_ns: hostUserNs,
    needs_facts: some(
      (one) => one.binaries > 0 || one.namespace_changes > 0 || one.capability_changes > 0,
    ),
    needs_marks: some((one) => [...one.pid, ...one.binary].some(isMarked)),
    needs_own_pid: some((one) => one.pid.some((each) => each.is_namespaced === 1)),
    needs_text: some((one) => one.binary.slice(0, one.binaries).some((each) => !isMarked(each))),
    needs_numbers: some((one) => filters(one).some(({ stage }) => stage === stages.numbers)),
    needs_copied: some((one) => filters(one).some(({ stage }) => stage === stages.copied)),
    needs_returned: some(
      (one) => one.returns > 0 || filters(one).some(({ stage }) => stage === stages.returned),
    ),
    overrides: some((one) => one.actions.override_error !== 0),
    kernel_stacks: some((one) => one.actions.kernel_stack !== 0),
    user_stacks: some((one) => one.actions.user_stack !== 0),
    limits: some(
      (one) => one.actions.rate_interval_ns > 0n || one.return_actions.rate_interval_ns > 0n,
    ),
    acts: some(
      ({ actions, return_actions, ...one }) =>
        one.namespace_changes > 0 ||
        one.capability_changes > 0 ||
        [actions, return_actions].some(leavesSomething),
    ),
    needs_process: some(
      (one) =>
        one.pids + one.binaries + one.namespaces + one.capabilities > 0 ||
        one.namespace_changes + one.capability_changes > 0,
    ),
    pad: [0, 0, 0],
    digest_seed: randomBytes(8).readBigUInt64LE(),
    selector: all,
  };
}

const leavesSomething = (actions: ReturnType<typeof actionsConfig>): boolean =>
  actions.signal !== 0 ||
  actions.override_error !== 0 ||
  actions.fd_changes > 0 ||
  actions.rate_interval_ns > 0n;

const isMarked = ({ mark }: FilterConfig): boolean => mark !== noMark;

function oneSelector(selector: SelectorSpec, spec: HookSpec, tools: FilterTools, where: string) {
  const in_ = (what: string) => `${where}.${what}`;
  check(selector.pids, most.pids, "matchPIDs", where);
  check(selector.binaries, most.binaries, "matchBinaries", where);
  check(selector.namespaces, most.namespaces, "matchNamespaces", where);
  check(selector.namespaceChanges, most.changes, "matchNamespaceChanges", where);
  check(selector.capabilities, most.capabilities, "matchCapabilities", where);
  check(selector.capabilityChanges, most.changes, "matchCapabilityChanges", where);
  check(selector.args, most.args, "matchArgs", where);
  check(selector.returnArgs, most.args, "matchReturnArgs", where);
  const args = selector.args.map((each) =>
    argumentFilter(each, spec, tools.sets, in_("matchArgs"), false),
  );
  const returned = selector.returnArgs.map((each) =>
    argumentFilter(each, spec, tools.sets, in_("matchReturnArgs"), true),
  );
  const { actions, returnActions } = selector;
  const later = reportsAtReturn(spec);
  if (!later && returnActions.length > 0) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${in_("matchReturnActions")}: the hook does not report returns.`,
    );
  }
  return {
    pids: selector.pids.length,
    binaries: selector.binaries.length,
    namespaces: selector.namespaces.length,
    namespace_changes: selector.namespaceChanges.length,
    capabilities: selector.capabilities.length,
    capability_changes: selector.capabilityChanges.length,
    args: args.length,
    returns: returned.length,
    pid: filled(
      selector.pids.map((each) => pidFilter(each, tools)),
      most.pids,
      emptyFilter,
    ),
    binary: filled(
      selector.binaries.map((each) => binaryFilter(each, tools, in_("matchBinaries"))),
      most.binaries,
      emptyFilter,
    ),
    namespace: filled(
      selector.namespaces.map((each) => namespaceFilter(each, tools)),
      most.namespaces,
      emptyFilter,
    ),
    arg: filled(args, most.args, emptyFilter),
    returned: filled(returned, most.args, emptyFilter),
    capability: filled(
      selector.capabilities.map(capabilityFilter),
      most.capabilities,
      noCapability,
    ),
    capability_change: filled(
      selector.capabilityChanges.map(capabilityFilter),
      most.changes,
      noCapability,
    ),
    namespace_change: filled(selector.namespaceChanges.map(namespaceChange), most.changes, {
      mask: 0,
      negated: 0,
    }),
    actions: actionsConfig(actions, in_("matchActions")),
    return_actions: later
      ? returnActionsConfig(actions, returnActions, in_("matchReturnActions"))
      : actionsConfig([], where),
  };
}

const noCapability = capabilityFilter({
  set: "effective",
  negated: false,
  mask: 0n,
  namespaced: false,
});

const filled = <T>(values: readonly T[], count: number, nothing: T): T[] =>
  Array.from({ length: count }, (_, i) => values[i] ?? nothing);

function check(list: readonly unknown[], limit: number, name: string, where: string): void {
  if (list.length <= limit) return;
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${where}: ${name} has ${list.length} entries, at most ${limit} are possible.`,
  );
}
