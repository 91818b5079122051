import type { Registry } from "prom-client";
import type { HookNumbers, HookStatus, PolicyStatus } from "../../sensors/policies/status.js";
import { instrument, type Values } from "./instruments.js";

/** Of more hooks than this only the policies are shown. */
const mostHooks = 1000;

/** A series for each policy, and for each of its hooks. */
export function policyMetrics(registry: Registry) {
  const labels = ["policy", "hook"];
  const counter = (name: string, help: string) =>
    instrument(registry, "counter", `policy_hook_${name}_total`, help, labels);
  const loaded = instrument(
    registry,
    "gauge",
    "policy_enabled",
    "1 if the policy is enabled, 0 if it is disabled",
    ["policy", "mode"],
  );
  const memory = instrument(
    registry,
    "gauge",
    "policy_hook_memory_bytes",
    "Kernel memory of the programs of the hook and of their constants",
    labels,
  );
  const counts: [keyof HookNumbers, ReturnType<typeof counter>, number][] = [
    ["calls", counter("calls", "Calls in scope that the hook looked at"), 1],
    ["filtered", counter("filtered", "Calls that no selector matched"), 1],
    ["rateLimited", counter("rate_limited", "Calls that matched and were not posted so soon"), 1],
    ["posted", counter("posted", "Events that the hook posted"), 1],
    ["unwanted", counter("unwanted", "Calls that no stream, export or plugin asked for"), 1],
    ["lost", counter("lost", "Events that the ring had no room for"), 1],
    ["actions", counter("actions", "Actions done, other than to post"), 1],
    ["failed", counter("actions_failed", "Actions that the kernel refused"), 1],
    ["unmatched", counter("unmatched", "Calls whose return was never seen"), 1],
    ["missed", counter("missed", "Calls that came while the program ran on that processor"), 1],
    ["runs", counter("runs", "Runs of the programs of the hook, while the kernel counted"), 1],
    [
      "timeNs",
      counter("seconds", "Time in the programs of the hook, while the kernel counted"),
      1e-9,
    ],
  ];
  return (policies: readonly PolicyStatus[]) => {
    loaded(policies.map(({ name, mode, enabled }) => [{ policy: name, mode }, enabled ? 1 : 0]));
    const each = (value: (hook: HookStatus) => number): Values => series(policies, value);
    memory(each(({ memoryBytes }) => memoryBytes));
    for (const [name, show, factor] of counts) show(each((hook) => hook[name] * factor));
  };
}

/** A policy may have several hooks in one place: they are added up. */
function series(policies: readonly PolicyStatus[], value: (hook: HookStatus) => number): Values {
  const all = policies.flatMap(({ name, hooks }) => hooks.map((hook) => ({ policy: name, hook })));
  const sums = new Map<string, [{ policy: string; hook: string }, number]>();
  for (const { policy, hook } of all.slice(0, mostHooks)) {
    const key = JSON.stringify([policy, hook.name]);
    const sum = sums.get(key) ?? [{ policy, hook: hook.name }, 0];
    sum[1] += value(hook);
    sums.set(key, sum);
  }
  return [...sums.values()];
}
