/** The kernel modules that the guest takes along, with those that they depend on. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Entry } from "./cpio.js";
import { findCommand, type Kernel, needed } from "./paths.js";

/** The channel to the host, and what containers and network tests use. Built in counts as well. */
const wanted = [
  ...["virtio_pci", "virtio_console"],
  ...["overlay", "loop", "dummy", "veth", "tun", "bridge"],
];

/** With a `modules.dep` of their own: a package that was only unpacked has none. */
export function moduleEntries(kernel: Kernel): Entry[] {
  const folder = `usr/lib/modules/${kernel.release}`;
  const files = findModules(kernel);
  const contents = new Map<string, Buffer>();
  /** What has to be loaded for a module, in that order, itself last. */
  const loadOrder = (name: string): string[] => {
    const file = files.get(name);
    if (file === undefined) return [];
    const content = contents.get(name) ?? readModule(path.join(kernel.modules, file));
    contents.set(name, content);
    return [...new Set([...dependencies(content).flatMap(loadOrder), name])];
  };
  for (const name of wanted) loadOrder(name);
  const place = (name: string) => `${name}.ko`;
  // modprobe loads what a line names from its end to its beginning.
  const index = [...contents.keys()].map((name) => {
    const needs = loadOrder(name).slice(0, -1).reverse();
    return `${place(name)}:${needs.map((need) => ` ${place(need)}`).join("")}\n`;
  });
  return [
    { kind: "file", path: `${folder}/modules.dep`, content: index.join(""), mode: 0o644 },
    ...[...contents].map(
      ([name, content]): Entry => ({
        kind: "file",
        path: `${folder}/${place(name)}`,
        content,
        mode: 0o644,
      }),
    ),
  ];
}

/** By module name. */
function findModules(kernel: Kernel): Map<string, string> {
  const files = readdirSync(kernel.modules, { recursive: true, encoding: "utf8" });
  return new Map(
    files
      .filter((file) => /\.ko(\.xz)?$/.test(file))
      .map((file) => [
        path
          .basename(file)
          .replace(/\.ko(\.xz)?$/, "")
          .replaceAll("-", "_"),
        file,
      ]),
  );
}

/** A module names those that it needs in a string of its own. */
function dependencies(content: Buffer): string[] {
  const start = content.indexOf("\0depends=");
  if (start < 0) return [];
  const list = content.toString("latin1", start + 9, content.indexOf(0, start + 9));
  return list.split(",").filter(Boolean);
}

/** Newer Debian kernels compress their modules; they are unpacked here rather than in the slow guest. */
function readModule(file: string): Buffer {
  if (!file.endsWith(".xz")) return readFileSync(file);
  const busybox = needed(findCommand("busybox"), "busybox");
  return execFileSync(busybox, ["xzcat", file], { maxBuffer: 64 << 20 });
}
