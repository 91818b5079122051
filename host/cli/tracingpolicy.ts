/** `guidestar tracingpolicy`: what to watch beyond processes. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { policyFileName, readPolicyFile } from "./policyFile.js";
import { register as validate } from "./policyValidate.js";

export function register(program: Command): void {
  const policy = program
    .command("tracingpolicy")
    .alias("tp")
    .summary("add and check tracing policies")
    .description("Tracing policies say which kernel functions to watch, and for what.");
  policy
    .command("add")
    .description("Loads a policy and enables it; it becomes a sensor under its name.")
    .argument("<file>", "YAML; - for standard input")
    .addHelpText("after", help)
    .action(add);
  validate(policy);
}

const help = `
Disable and remove it with 'guidestar sensors'.

Examples:
  guidestar tracingpolicy add tcp-connect.yaml
  generate-policy | guidestar tracingpolicy add -`;

async function add(file: string, _flags: object, command: Command): Promise<void> {
  const yaml = readPolicyFile(file);
  await withClient(command, ({ sensors }) => sensors.addTracingPolicy(yaml));
  await print(`tracing policy from ${policyFileName(file)} added`);
}
