/** The set-up in order: system packages, npm packages, the guest's kernel, the build. */
import { build } from "./build.mjs";
import { installSystemPackages } from "./debian.mjs";
import { fetchGuestPackages } from "./guestPackages.mjs";
import { fetchGuestKernel } from "./kernel.mjs";
import { purposes } from "./needs.mjs";
import { installNpmPackages } from "./npm.mjs";
import { StepFailure, Steps } from "./steps.mjs";

/** Sets `process.exitCode` to 1, after saying why, if anything failed. */
export async function setUp(args) {
  const [name = "run", ...rest] = args;
  const purpose = Object.hasOwn(purposes, name) ? purposes[name] : undefined;
  if (purpose === undefined || rest.length > 0) {
    process.stderr.write(
      `Unknown set-up "${args.join(" ")}". Choose one: ${Object.keys(purposes).join(", ")}.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const steps = new Steps();
  try {
    await installSystemPackages(steps, purpose);
    await installNpmPackages(steps);
    if (purpose.guest) {
      await fetchGuestKernel(steps);
      await fetchGuestPackages(steps);
    }
    await build(steps, { tests: purpose.tests });
    steps.finish();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
