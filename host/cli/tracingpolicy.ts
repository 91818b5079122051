/** `guidestar tracingpolicy`: what to watch beyond processes. */
import { Argument, type Command } from "commander";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { addPolicies, splitDocuments } from "./policyDocuments.js";
import { policyFileName, readPolicyFile } from "./policyFile.js";
import { register as list } from "./policyList.js";
import { register as validate } from "./policyValidate.js";

export function register(program: Command): void {
  const policy = program
    .command("tracingpolicy")
    .alias("tp")
    .summary("add, list, switch and check tracing policies")
    .description("Tracing policies say which kernel functions to watch, and for what.");
  policy
    .command("add")
    .description(
      "Loads policies and enables them, all of the file or none; each becomes a sensor under its name.",
    )
    .argument("<file>", "YAML, one policy or several; - for standard input")
    .addHelpText("after", help)
    .action(add);
  list(policy);
  policy
    .command("enable")
    .description("Loads and attaches a policy.")
    .argument("<name>")
    .action(enable);
  policy
    .command("disable")
    .description("Detaches and unloads a policy; it stays in the list.")
    .argument("<name>")
    .action(disable);
  policy
    .command("set-mode")
    .description("Has a policy enforce what it says, or only tell what it would do.")
    .argument("<name>")
    .addArgument(new Argument("<mode>").choices(["enforce", "monitor"]))
    .action(setMode);
  policy
    .command("delete")
    .alias("rm")
    .description("Takes a policy out, enabled or not.")
    .argument("<name>")
    .action(remove);
  validate(policy);
}

const help = `
Settings of a policy: 'guidestar sensors config NAME'.

Examples:
  guidestar tracingpolicy add tcp-connect.yaml
  generate-policy | guidestar tracingpolicy add -`;

async function add(file: string, _flags: object, command: Command): Promise<void> {
  const yaml = readPolicyFile(file);
  const name = policyFileName(file);
  const documents = splitDocuments(yaml);
  if (documents.length === 1) {
    await withClient(command, ({ sensors }) => sensors.addTracingPolicy(yaml));
    return print(`tracing policy from ${name} added`);
  }
  const names = await withClient(command, (client) => addPolicies(client, documents));
  await print(`tracing policies from ${name} added: ${names.join(", ")}`);
}

async function enable(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.enableSensor(name));
  await print(`tracing policy ${name} enabled`);
}

async function disable(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.disableSensor(name));
  await print(`tracing policy ${name} disabled`);
}

async function setMode(
  name: string,
  mode: string,
  _flags: object,
  command: Command,
): Promise<void> {
  await withClient(command, ({ sensors }) => sensors.setSensorConfig(name, "mode", mode));
  await print(`tracing policy ${name}: mode set to ${mode}`);
}

async function remove(name: string, _flags: object, command: Command): Promise<void> {
  await withClient(command, ({ policies }) => policies.delete(name));
  await print(`tracing policy ${name} deleted`);
}
