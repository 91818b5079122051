/** The npm packages, exactly as package-lock.json says. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { mustRun, root } from "./steps.mjs";

export async function installNpmPackages(steps) {
  const reason = whyInstall(root);
  if (reason === undefined) return;
  await steps.run("npm packages", reason, async () => {
    // No package here needs its install script: koffi and biome bring binaries, protobufjs' only prints.
    await mustRun(
      "npm",
      ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
      {
        advice:
          "npm needs to reach its registry; behind a proxy set https_proxy, or npm's registry setting.",
      },
    );
    return "installed";
  });
}

/**
 * Compares the lock file with the one npm leaves in node_modules once it has finished. Returns what
 * differs, `undefined` if nothing does.
 */
export function whyInstall(folder) {
  const wanted = readPackages(path.join(folder, "package-lock.json"));
  const markFile = path.join(folder, "node_modules/.package-lock.json");
  if (!existsSync(markFile)) return "npm ci";
  const found = readPackages(markFile);
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === "" || !isForThisMachine(entry)) continue;
    const there = found[name];
    if (there === undefined) return `npm ci, ${name} is missing`;
    if (there.version !== entry.version || there.integrity !== entry.integrity) {
      return `npm ci, ${name} is not ${entry.version}`;
    }
    if (!existsSync(path.join(folder, name))) return `npm ci, ${name} is gone`;
  }
  for (const name of Object.keys(found)) {
    if (wanted[name] === undefined) return `npm ci, ${name} is not in package-lock.json`;
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Native packages come in one variant a platform; npm installs only the fitting one. Whether a
 * variant for one C library fits is left to npm.
 */
function isForThisMachine(entry) {
  return (
    entry.libc === undefined && fits(entry.os, process.platform) && fits(entry.cpu, process.arch)
  );
}

function fits(list, value) {
  if (list === undefined) return true;
  return (
    !list.includes(`!${value}`) && (list.includes(value) || list.some((item) => item[0] === "!"))
  );
}
