/** `guidestar tracingpolicy`: what to watch beyond processes. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { UsageError } from "./exit.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";

export function register(program: Command): void {
  const policy = program
    .command("tracingpolicy")
    .alias("tp")
    .summary("add a tracing policy")
    .description("Tracing policies say which kernel functions to watch, and for what.");
  policy
    .command("add")
    .description("Loads a policy and enables it; it becomes a sensor under its name.")
    .argument("<file>", "YAML; - for standard input")
    .addHelpText("after", help)
    .action(add);
}

const help = `
Disable and remove it with 'guidestar sensors'.

Examples:
  guidestar tracingpolicy add tcp-connect.yaml
  generate-policy | guidestar tracingpolicy add -`;

async function add(file: string, _flags: object, command: Command): Promise<void> {
  const yaml = readPolicy(file);
  await withClient(command, ({ sensors }) => sensors.addTracingPolicy(yaml));
  await print(`tracing policy from ${file === "-" ? "standard input" : file} added`);
}

function readPolicy(file: string): string {
  const name = file === "-" ? "standard input" : file;
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new UsageError(`cannot read ${name}: ${reason}`, { cause: error });
  }
  if (text.trim() === "") throw new UsageError(`${name} is empty`);
  return text;
}
