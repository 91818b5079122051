/** How policies are shown: a row for each hook. */
import { guidestar } from "../../proto/generated/api.js";
import { toNumber } from "../api/numbers.js";
import type { Column } from "./text/table.js";

interface Row {
  readonly policy: guidestar.Policy.$Properties;
  readonly hook: guidestar.PolicyHook.$Properties;
}

export function rowsOf(policy: guidestar.Policy.$Properties): Row[] {
  return (policy.hooks ?? []).map((hook) => ({ policy, hook }));
}

export const policyColumns: readonly Column<Row>[] = [
  { title: "POLICY", cell: ({ policy }) => policy.name ?? "" },
  { title: "STATE", cell: ({ policy }) => (policy.enabled ? "enabled" : "disabled") },
  { title: "MODE", cell: ({ policy }) => modeText(policy.mode) },
  { title: "HOOK", cell: ({ hook }) => hook.name ?? "" },
  { title: "BY", cell: ({ hook }) => hook.mechanism || "-" },
  number("CALLS", ({ calls }) => calls),
  number("FILTERED", ({ filtered }) => filtered),
  number("POSTED", ({ posted }) => posted),
  number("UNWANTED", ({ unwanted }) => unwanted),
  number("LOST", ({ lost }) => lost),
  number("ACTIONS", ({ actions }) => actions),
  number("RUNS", ({ runs }) => runs),
  number("NS/RUN", ({ runs, time_ns }) => nanosecondsARun(toNumber(runs), toNumber(time_ns))),
  number("MEMORY", ({ memory_bytes }) => memory_bytes),
];

function modeText(mode: guidestar.PolicyMode | null | undefined): string {
  return mode === guidestar.PolicyMode.POLICY_MODE_MONITOR ? "monitor" : "enforce";
}

function nanosecondsARun(runs: number, timeNs: number): number {
  return runs === 0 ? 0 : Math.round(timeNs / runs);
}

type Count = Parameters<typeof toNumber>[0];

function number(title: string, value: (hook: Row["hook"]) => Count): Column<Row> {
  return { title, isNumber: true, cell: ({ hook }) => String(toNumber(value(hook))) };
}
