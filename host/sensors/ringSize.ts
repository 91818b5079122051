/** How large the kernel's ring is, and how it is shared. */
import { totalmem } from "node:os";

const smallest = 8 << 20;
const largest = 128 << 20;
/** Of the memory there is. */
const share = 64;

/**
 * Bytes of the ring where nobody says: a power of two, about a sixty-fourth of the memory that this
 * process may use. The kernel takes this memory at once, and keeps it.
 */
export function defaultRingBytes(memoryBytes = usableMemory()): number {
  const wanted = Math.min(Math.max(memoryBytes / share, smallest), largest);
  return 2 ** Math.floor(Math.log2(wanted));
}

/** That of the machine, or what its cgroup lets it have. */
function usableMemory(): number {
  const total = totalmem();
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, total) : total;
}

/** How full records of policies may make the ring; the last quarter is for those of processes. */
export const hookRingBytes = (ringBytes: number): number => (ringBytes / 4) * 3;
