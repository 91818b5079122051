import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Mappings of eBPF maps in this process. */
export function mapMappings(): number {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("bpf-map") || line.includes("bpf_map")).length;
}

/** Open descriptors of this process that are eBPF objects, or anything, by what they link to. */
export function descriptors(pattern = /bpf/): number {
  let count = 0;
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      if (pattern.test(readlinkSync(`/proc/self/fd/${fd}`))) count++;
    } catch {
      // Gone: it was the directory's own.
    }
  }
  return count;
}
