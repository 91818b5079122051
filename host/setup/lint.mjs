/** `npm run lint`: style of TypeScript and JavaScript, and of C where clang-format is installed. */

import { filesUnder } from "./inputs.mjs";
import { findCommand } from "./needs.mjs";
import { installNpmPackages } from "./npm.mjs";
import { mustRun, root, StepFailure, Steps } from "./steps.mjs";

const steps = new Steps();
try {
  await installNpmPackages(steps);
  await steps.run("biome", "", () =>
    mustRun(process.execPath, [`${root}/node_modules/@biomejs/biome/bin/biome`, "check"], {
      advice: "npx biome check --write  repairs most of it.",
    }).then(() => ""),
  );
  const sources = ["bpf", "test"].flatMap((folder) => filesUnder(folder, /\.[ch]$/));
  const formatter = findCommand("clang-format");
  if (formatter === undefined) {
    steps.note(
      "no clang-format on this machine: C is not checked (Debian: apt-get install clang-format)",
    );
  } else if (sources.length > 0) {
    await steps.run("clang-format", "", () =>
      mustRun(formatter, ["--dry-run", "--Werror", ...sources]).then(() => ""),
    );
  }
} catch (error) {
  if (!(error instanceof StepFailure)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = error.exitCode;
}
