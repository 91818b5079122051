/** Brings the set-up's modules, which are plain JavaScript outside of `dist/`, into typed tests. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));
export const setupFolder = path.join(root, "host/setup");

export async function loadSetup<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(path.join(setupFolder, file)).href)) as T;
}
