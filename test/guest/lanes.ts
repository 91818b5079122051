/** Shares test files out among guests that run side by side. */

/** Seconds that the slowest files take in the guest; all others take a few. */
const slow: Readonly<Record<string, number>> = {
  "host/cli/policies.live": 130,
  "host/sensors/policies/lifecycle.live": 125,
  "host/sensors/base.live": 100,
  "guest/inside/policyDocuments": 90,
  "guest/inside/pods": 90,
  "guest/inside/startup": 85,
  "guest/inside/scanRaces": 80,
  "guest/inside/policyActions": 70,
  "guest/inside/base": 65,
  "guest/inside/policyHookTypes": 65,
  "guest/inside/systemWide": 60,
  "conformance/policy/traffic": 60,
  "conformance/policy/actions": 57,
  "bpf/core/scope": 56,
  "bpf/libbpf/ring/worker": 45,
  "conformance/policy/older": 45,
  "guest/inside/hooks": 45,
  "bpf/core/hook/bytes": 40,
  "guest/inside/policyEvents": 37,
  "conformance/policy/texts": 36,
  "guest/inside/kernel": 35,
  "host/sensors/dns/dns.live": 35,
  "guest/inside/policyTypes": 35,
  "guest/inside/stackTrees": 35,
  "bpf/core/facts": 35,
  "host/source/procScan.live": 33,
  "host/cli/probe.live": 32,
  "conformance/systemWide": 31,
  "host/sensors/hook/load.live": 31,
  "conformance/policy/sockets": 30,
  "bpf/libbpf/ring/wait": 30,
  "conformance/policy/credentials": 30,
  "bpf/core/lineage": 28,
  "bpf/core/arguments": 28,
  "conformance/policy/namespaces": 27,
  "conformance/policy/selectors": 27,
  "conformance/policy/integers": 27,
  "bpf/core/exec": 24,
  "conformance/policy/processes": 23,
  "bpf/core/hook/things": 22,
  "host/sensors/test/test.live": 22,
  "guest/inside/dns": 20,
  "host/source/live.live": 20,
};
const others = 5;

/**
 * Lanes that take about as long as each other, each in the order of `files`; no lane is empty, unless
 * there are no files.
 */
export function lanesOf(files: readonly string[], most: number): readonly (readonly string[])[] {
  const secondsOf = (name: string) => slow[name] ?? others;
  const lanes = Array.from({ length: Math.max(1, Math.min(most, files.length)) }, () => ({
    seconds: 0,
    files: new Set<string>(),
  }));
  for (const name of files.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const shortest = lanes.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    shortest.files.add(name);
    shortest.seconds += secondsOf(name);
  }
  return lanes.map((lane) => files.filter((name) => lane.files.has(name)));
}
