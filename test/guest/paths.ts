/** Places in the repository that the guest needs, and the parts of the set-up that know of them. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository: this file runs as `dist/test/guest/paths.js`. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Everything here can be deleted at any time. */
export const cacheFolder = path.join(root, ".cache/guest");

export interface Kernel {
  readonly release: string;
  /** Files: the bootable image, and what it was configured with. */
  readonly image: string;
  readonly config: string;
  /** Folder with `modules.dep` in it. */
  readonly modules: string;
}

interface Setup {
  guestKernel(): Kernel | undefined;
  guestPackage(name: string): string | undefined;
  findCommand(name: string): string | undefined;
  findLibrary(name: string): string | undefined;
}

/** The set-up is plain JavaScript outside of `dist/`, so it is found by its place. */
async function loadSetup(file: string): Promise<Setup> {
  return (await import(pathToFileURL(path.join(root, "host/setup", file)).href)) as Setup;
}

export const { guestKernel } = await loadSetup("kernel.mjs");
export const { guestPackage } = await loadSetup("guestPackages.mjs");
export const { findCommand, findLibrary } = await loadSetup("needs.mjs");

/** For things without which there is no guest: says how to get them. */
export function needed<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new Error(`The test guest needs ${what}: run  node host/setup/setup.mjs test`);
}
