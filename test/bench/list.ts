import type { Bench } from "./bench.js";

/** Modules in `benches/`, in the order of the table. */
const onHost = [
  "delivery",
  "encoder",
  "fan-out",
  "growth",
  "start",
  "plugins",
  "fuel",
  "upload",
  "samples",
  "stream-plugins",
  "export",
  "process-cache",
  "live",
];
const inGuest = ["hooks", "kernel", "live-guest"];

/** The guest has no compiler of plugins, which some of the others load. */
const names = process.env.GUIDESTAR_IN_GUEST === "1" ? inGuest : [...onHost, ...inGuest];

export const benches: readonly Bench[] = await Promise.all(names.map(load));

async function load(name: string): Promise<Bench> {
  const module = (await import(`./benches/${name}.js`)) as { readonly bench: Bench };
  return module.bench;
}
