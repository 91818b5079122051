#!/usr/bin/env node
/**
 * `node host/setup/setup.mjs run|test|test-fast`: brings everything that the demo or the tests need, and builds.
 * What is there already is left alone. Runs before anything is installed: plain Node, no packages.
 * See README.md in this folder.
 */
import { checkMachine } from "./machine.mjs";

// Checked before anything newer is loaded: a Node from before 20 must still be able to say this.
checkMachine().then(
  () => import("./plan.mjs").then((plan) => plan.setUp(process.argv.slice(2))),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
