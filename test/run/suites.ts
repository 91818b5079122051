/**
 * Which tests run where: the one place that says so. A test file is named by its path below `test/`,
 * without the ending: `host/plugins/store`, `bpf/libbpf/ring`, `host/source/ring.live`.
 */

export type Phase = "unit" | "kernel" | "guest";

export interface PhaseLimits {
  /** Test files at a time. */
  readonly files: number;
  /** How long one file may take. */
  readonly fileTimeoutMs: number;
}

/** In the order in which they run: what fails fast comes first. */
export const phases: Readonly<Record<Phase, PhaseLimits>> = {
  unit: { files: 2, fileTimeoutMs: 300_000 },
  // One at a time: they measure, and they look at a kernel that they share.
  kernel: { files: 1, fileTimeoutMs: 400_000 },
  guest: { files: 1, fileTimeoutMs: 40 * 60_000 },
};

/** How long everything may take together. A net for what hangs: on two idle cores it takes a fraction. */
export const totalTimeoutMs = 70 * 60_000;

/** Tests that load eBPF programs. They run in this kernel and, since nobody is disturbed there, in the guest's. */
const kernelTests = [/^bpf\//, /\.live$/, /^conformance\//];

/**
 * Tests that watch or change the whole system. They run in the guest only; so do those of the probe,
 * which attaches programs, if empty ones, to what everybody uses.
 */
const insideTests = /^guest\/inside\/|\/probe\.live$|^conformance\/systemWide$/;

/** Boots the guest, and reports what the tests in it report. */
export const guestTest = "guest/guest";

/** Boots it too, to see how it fails. */
const bootTest = "guest/boot";

/** Slow in the guest, and not more telling there than here. */
const notInGuest: readonly RegExp[] = [
  // The same cases run there in the scope of everything.
  /^conformance\/scoped$/,
  // A thousand hooks; there with fewer, by hand: GUIDESTAR_POLICIES=30.
  /^host\/sensors\/policies\/many\.live$/,
  // What streams get with and without it is the same there, in six times the time.
  /^host\/pipeline\/pushdown\.live$/,
  // They ask no kernel anything.
  /^bpf\/libbpf\/(btf\/(codec|format|layout)|native\/messages)$/,
  // guest/inside/stackTrees asks there what another kernel may answer otherwise.
  /^host\/sensors\/policies\/stack(Trees|Symbols)\.live$/,
  // Starting programs is what takes long there; policies.live starts the same ones.
  /^host\/cli\/live\.live$/,
  // What an author types has no more to do with the kernel there; compilers are slow.
  /^plugins\/loop\/loop\.live$/,
];

/** `undefined`: the file does not run by itself on this machine. */
export function phaseOf(name: string): Phase | undefined {
  if (insideTests.test(name)) return undefined;
  if (name === guestTest || name === bootTest) return "guest";
  return kernelTests.some((pattern) => pattern.test(name)) ? "kernel" : "unit";
}

export function runsInGuest(name: string): boolean {
  if (insideTests.test(name)) return true;
  return phaseOf(name) === "kernel" && !notInGuest.some((pattern) => pattern.test(name));
}
