import { bindLazily, native } from "./lazy.js";
import { libcLibrary } from "./libc.js";

/** By itself: not every C library has it, and functions are bound together. */
const libc = bindLazily(libcLibrary, {
  mallocTrim: native<[keptBytes: number], number>("int malloc_trim(size_t keptBytes)"),
});

/**
 * Gives memory back to the system that the C library keeps for later, of all threads: opening objects
 * and reading BTF takes some MiB for a moment. @returns whether there was any; false too where the C
 * library cannot do it
 */
export function trimMemory(): boolean {
  try {
    return libc.mallocTrim(0) === 1;
  } catch {
    return false;
  }
}
