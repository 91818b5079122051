/** Finds the test files and chooses those that the command line asks for. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { guestTest, type Phase, phaseOf, runsInGuest } from "./suites.js";

/** The repository: this file runs as `dist/test/run/select.js`. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));
const testFolder = path.join(root, "dist/test");

/** Names of all compiled test files, sorted. */
export function findTests(folder = testFolder): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.js"))
    .map((file) => file.slice(0, -".test.js".length))
    .sort();
}

export const fileOf = (name: string): string => path.join(testFolder, `${name}.test.js`);

export interface Selection {
  readonly byPhase: Readonly<Record<Phase, readonly string[]>>;
  /** What the guest is to run; empty if it is not booted. */
  readonly inGuest: readonly string[];
}

/**
 * `filters` are beginnings or parts of names, of paths of sources, or of paths of compiled files; none means
 * everything. `guest/` in front means the run in the guest: `guest/bpf/libbpf`.
 */
export function select(
  names: readonly string[],
  filters: readonly string[],
  options: { readonly guest: boolean },
): Selection {
  const wanted = filters.map(plainFilter);
  const all = wanted.length === 0;
  const byPhase: Record<Phase, string[]> = { unit: [], kernel: [], guest: [] };
  for (const name of names) {
    const phase = phaseOf(name);
    if (phase === undefined || name === guestTest) continue;
    if (phase === "guest" && !options.guest) continue;
    if (all || wanted.some((filter) => name.includes(filter))) byPhase[phase].push(name);
  }
  const inGuest = options.guest
    ? names.filter((name) => runsInGuest(name) && (all || isWantedInGuest(name, wanted)))
    : [];
  if (inGuest.length > 0 && names.includes(guestTest)) byPhase.guest.push(guestTest);
  return { byPhase, inGuest };
}

function isWantedInGuest(name: string, wanted: readonly string[]): boolean {
  return wanted.some(
    (filter) =>
      filter === "guest" ||
      filter === guestTest ||
      (name.startsWith("guest/") && name.includes(filter)) ||
      (filter.startsWith("guest/") && name.includes(filter.slice("guest/".length))),
  );
}

/** `test/host/x.test.ts`, `dist/test/host/x.test.js` and `host/x` are the same. */
function plainFilter(filter: string): string {
  return filter
    .replace(/^\.?\//, "")
    .replace(/^dist\//, "")
    .replace(/^test\//, "")
    .replace(/(\.test)?\.[jt]s$/, "")
    .replace(/\/$/, "");
}
