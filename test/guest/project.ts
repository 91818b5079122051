/** The project as it lies in the guest: the build, and the npm packages that it needs at run time. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Entry } from "./cpio.js";
import { root } from "./paths.js";

/** Where it lies there. */
export const guestRoot = "guidestar";

/** Compiling plugins is done before: the compiler would be most of the image. */
const notNeeded = new Set(["assemblyscript"]);
/** Of the development packages, those that tests import. */
const forTests = ["fast-check"];

/** The build and the few sources that are read at run time. */
export function buildEntries(): Entry[] {
  const files = [
    "package.json",
    ...filesUnder("dist").filter((file) => !/\.d\.ts$|\.tsbuildinfo$/.test(file)),
    ...filesUnder("proto").filter((file) => file.endsWith(".proto")),
    ...filesUnder("plugins"),
    ...filesUnder("test").filter((file) => !file.endsWith(".ts")),
  ];
  return files.map(copy);
}

export function packageEntries(): Entry[] {
  const manifest = readManifest("");
  const start = [...Object.keys(manifest.dependencies ?? {}), ...forTests];
  const folders = new Set<string>();
  const visit = (name: string, from: string) => {
    const folder = resolvePackage(name, from);
    if (folder === undefined || folders.has(folder)) return;
    folders.add(folder);
    const { dependencies, optionalDependencies } = readManifest(folder);
    for (const need of Object.keys({ ...dependencies, ...optionalDependencies }))
      visit(need, folder);
  };
  for (const name of start) if (!notNeeded.has(name)) visit(name, "");
  return [...folders].flatMap(packageFiles).map(copy);
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** As Node does it: in the package's own `node_modules`, then in those above. */
function resolvePackage(name: string, from: string): string | undefined {
  for (let above = from; ; above = parentPackage(above)) {
    const folder = path.join(above, "node_modules", name);
    if (existsSync(path.join(root, folder, "package.json"))) return folder;
    if (above === "") return undefined;
  }
}

function parentPackage(folder: string): string {
  const end = folder.lastIndexOf("node_modules/");
  return end <= 0 ? "" : folder.slice(0, end - 1);
}

function packageFiles(folder: string): string[] {
  return filesUnder(folder).filter(
    (file) =>
      !file.slice(folder.length).includes("/node_modules/") &&
      // By ending only: what a folder is called does not tell whether its code is needed.
      !/\.(ts|mts|cts|md|map|html|h|c|cc|txt)$/.test(file),
  );
}

function filesUnder(folder: string): string[] {
  const place = path.join(root, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

function copy(file: string): Entry {
  const from = path.join(root, file);
  const mode = statSync(from).mode & 0o100 ? 0o755 : 0o644;
  return { kind: "copy", path: `${guestRoot}/${file}`, from, mode };
}
