/** Debian packages: installs what is missing, or says exactly what is and how to get it. */
import { readDistribution } from "./machine.mjs";
import { command, mustRun, StepFailure } from "./steps.mjs";

export const oldestDebian = 12;
const environment = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
const lockWait = ["-o", "DPkg::Lock::Timeout=300"];

export async function installSystemPackages(steps, purpose) {
  const missing = purpose.needs.filter((need) => !need.there());
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.package);
  const obstacle = whyNotInstall(readDistribution(), process.getuid?.());
  if (obstacle !== undefined) throw new StepFailure(explain(missing, obstacle, purpose));
  await steps.run("Debian packages", packages.join(" "), async () => {
    await updatePackageLists();
    await mustRun(
      "apt-get",
      ["install", "--yes", "--no-install-recommends", ...lockWait, ...packages],
      {
        env: environment,
        advice: `Install them by hand, then run this again: apt-get install ${packages.join(" ")}`,
      },
    );
  });
  const still = purpose.needs.filter((need) => !need.there());
  if (still.length > 0) {
    throw new StepFailure(
      explain(still, "apt-get reported success, but they are still not there.", purpose),
    );
  }
}

/** Why packages can't be installed from here; `undefined` if they can. */
export function whyNotInstall(distribution, uid) {
  const { id, version, name } = distribution;
  if (id !== "debian") {
    return `They are installed by themselves on Debian ${oldestDebian} or newer only; this is ${name || "another system"}.`;
  }
  if (version !== "" && Number.parseInt(version, 10) < oldestDebian) {
    return `${name} is too old: Debian ${oldestDebian} or newer has them.`;
  }
  if (uid !== 0) return "Installing them needs root, and this is not root.";
  return undefined;
}

export function explain(missing, obstacle, purpose) {
  const names = missing.map((need) => need.package).join(" ");
  return [
    "Not on this machine:",
    ...missing.map((need) => `  ${need.thing}, which ${need.why} (Debian: ${need.package})`),
    obstacle,
    `On Debian, as root:  apt-get install --no-install-recommends ${names}`,
    "On another distribution: the packages that bring the things named above; then run this again.",
    ...(purpose.guest ? ["Without the test guest fewer are needed:  npm run test:fast"] : []),
  ].join("\n");
}

/**
 * Mirrors and locks fail for a while now and then; three tries. If all fail the lists that are
 * there may still do, so this is no error: the installation tells.
 */
export async function updatePackageLists() {
  for (const pauseMs of [2_000, 5_000, 0]) {
    const result = await command("apt-get", ["update", ...lockWait], { env: environment });
    if (result.ok && !/^(W: Failed to fetch|Err:)/m.test(result.output)) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
