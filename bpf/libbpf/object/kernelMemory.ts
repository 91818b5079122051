import { readFileSync } from "node:fs";

/**
 * Bytes of kernel memory that a program (without its machine code) or a map takes, by the kernel's own
 * account; 0 where /proc does not tell. Of a program that is what it had before the verifier took out
 * what is never reached.
 */
export function kernelMemory(fd: number): number {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    return Number(/^memlock:\s*(\d+)$/m.exec(info)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
