/**
 * The test guest's kernel: Debian's own, fetched as a package and unpacked, never installed. Kept
 * in `.cache/guest/kernel/`; delete that folder to fetch the newest one.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { updatePackageLists } from "./debian.mjs";
import { readDistribution } from "./machine.mjs";
import { findCommand } from "./needs.mjs";
import { command, mustRun, root, StepFailure } from "./steps.mjs";

const metaPackage = "linux-image-cloud-amd64";
const folder = path.join(root, ".cache/guest/kernel");
const withoutGuest = "Everything but the test guest works without it:  npm run test:fast";

/** The unpacked kernel: its release, image, configuration and modules. `undefined` if not fetched yet. */
export function guestKernel() {
  const modules = path.join(folder, "lib/modules");
  const usrModules = path.join(folder, "usr/lib/modules");
  const modulesFolder = existsSync(modules) ? modules : usrModules;
  if (!existsSync(modulesFolder)) return undefined;
  const release = readdirSync(modulesFolder)[0];
  if (release === undefined) return undefined;
  return {
    release,
    image: path.join(folder, `boot/vmlinuz-${release}`),
    config: path.join(folder, `boot/config-${release}`),
    modules: path.join(modulesFolder, release),
  };
}

export async function fetchGuestKernel(steps) {
  if (guestKernel() !== undefined) return;
  const { id, name } = readDistribution();
  if (id !== "debian" || findCommand("apt-get") === undefined) {
    throw new StepFailure(
      `The test guest's kernel is a Debian package, fetched with apt-get on Debian only; this is ${name || "another system"}.\n${withoutGuest}`,
    );
  }
  await steps.run("kernel for the test guest", metaPackage, async () => {
    let fetched = await fetchPackage();
    if (fetched === undefined) {
      await updatePackageLists();
      fetched = await fetchPackage();
    }
    if (fetched !== undefined) return fetched;
    throw new StepFailure(
      `The package lists have no ${metaPackage} that can be fetched. ` +
        `As root:  apt-get update && apt-get download ${metaPackage}  says why.\n${withoutGuest}`,
    );
  });
}

/** Resolves to the package's name and version; `undefined` if the lists don't have it or its server not any more. */
async function fetchPackage() {
  const shown = await command("apt-cache", ["show", "--no-all-versions", metaPackage]);
  const image = /^Depends:.*?(linux-image-[^\s,]+)/m.exec(shown.output)?.[1];
  if (!shown.ok || image === undefined) return undefined;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const download = ["-o", "APT::Sandbox::User=root", "download", image];
    if (!(await command("apt-get", download, { cwd: partial })).ok) return undefined;
    const archive = readdirSync(partial).find((file) => file.endsWith(".deb"));
    if (archive === undefined) return undefined;
    await mustRun("dpkg-deb", ["-x", path.join(partial, archive), partial]);
    rmSync(path.join(partial, archive));
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
    return archive.replace(/\.deb$/, "");
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
