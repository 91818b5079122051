/** Shares test files out among guests that run side by side. */

/** Seconds that the slowest files take in the guest; all others take a few. */
const slow: Readonly<Record<string, number>> = {
  "guest/inside/pods": 90,
  "guest/inside/startup": 80,
  "host/cli/probe.live": 80,
  "bpf/libbpf/ring/worker": 60,
  "host/daemon.live": 40,
  "guest/inside/kernel": 35,
  "guest/inside/systemWide": 35,
  "bpf/core/scope": 30,
  "host/sensors/probe.live": 25,
  "bpf/core/lineage": 20,
  "guest/inside/base": 20,
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
