/**
 * Programs that only tests in the guest run: Debian's packages, fetched and unpacked, never installed
 * on this machine. Kept in `.cache/guest/packages/`; delete that folder to fetch the newest ones.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { updatePackageLists } from "./debian.mjs";
import { command, mustRun, root, StepFailure } from "./steps.mjs";

/** A container runtime, what it runs containers with, and the library that needs. */
const packages = ["containerd", "runc", "libseccomp2"];
const folder = path.join(root, ".cache/guest/packages");

/** Where the package lies, as if that were `/`; `undefined` if it was not fetched. */
export function guestPackage(name) {
  const place = path.join(folder, name);
  return existsSync(place) ? place : undefined;
}

export async function fetchGuestPackages(steps) {
  const missing = packages.filter((name) => guestPackage(name) === undefined);
  if (missing.length === 0) return;
  await steps.run("packages for the test guest", missing.join(" "), async () => {
    if (await fetchAll(missing)) return "";
    await updatePackageLists();
    if (await fetchAll(missing)) return "";
    throw new StepFailure(
      `The package lists have no ${missing.join(", ")} that can be fetched. ` +
        `As root:  apt-get update && apt-get download ${missing.join(" ")}  says why.\n` +
        "Everything but the test guest works without them:  npm run test:fast",
    );
  });
}

async function fetchAll(names) {
  for (const name of names) if (!(await fetchOne(name))) return false;
  return true;
}

async function fetchOne(name) {
  const partial = path.join(folder, `.${name}.${process.pid}`);
  const unpacked = path.join(partial, "unpacked");
  mkdirSync(unpacked, { recursive: true });
  try {
    const download = ["-o", "APT::Sandbox::User=root", "download", name];
    if (!(await command("apt-get", download, { cwd: partial })).ok) return false;
    const archive = readdirSync(partial).find((file) => file.endsWith(".deb"));
    if (archive === undefined) return false;
    await mustRun("dpkg-deb", ["-x", path.join(partial, archive), unpacked]);
    rmSync(path.join(folder, name), { recursive: true, force: true });
    renameSync(unpacked, path.join(folder, name));
    return true;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
