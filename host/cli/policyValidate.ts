/** `guidestar tracingpolicy validate`: what is wrong with policies, before anybody loads them. */
import type { Command } from "commander";
import type { Problem } from "../policy/document/problem.js";
import { ExitRequest, exitCodes } from "./exit.js";
import { LineWriter } from "./output.js";
import { policyFileName, readPolicyFile } from "./policyFile.js";
import { printable } from "./text/printable.js";

export function register(policy: Command): void {
  policy
    .command("validate")
    .summary("check policies without loading them")
    .description(
      "Checks policies against the language and against this machine's kernel: every function, type and value. Each finding is FILE:LINE:COLUMN and a reason.",
    )
    .argument("<files...>", "YAML, each with one policy or several; - for standard input")
    .addHelpText("after", help)
    .action(validate);
}

const help = `
Needs no daemon and no root; what only root may read is said to be unchecked. Exit code 1: a policy
has an error.

Examples:
  guidestar tracingpolicy validate policies/*.yaml
  generate-policy | guidestar tracingpolicy validate -`;

async function validate(files: readonly string[]): Promise<void> {
  const texts = files.map((file) => ({ file, yaml: readPolicyFile(file) }));
  const { validatePolicies } = await import("../policy/validate.js");
  const { kernelFacts } = await import("../policy/kernel/kernelFacts.js");
  const facts = kernelFacts();
  const [out, errors] = [new LineWriter(), new LineWriter(process.stderr)];
  let failed = false;
  for (const { file, yaml } of texts) {
    const name = policyFileName(file);
    const found = validatePolicies(yaml, facts);
    failed ||= found.errors.length > 0;
    const tell = (kind: string, problems: readonly Problem[]) => {
      for (const { at, message } of problems) {
        errors.line(printable(`${name}:${at.line}:${at.column}: ${kind}${message}`));
      }
    };
    tell("", found.errors);
    tell("warning: ", found.warnings);
    tell("not checked: ", found.unchecked);
    for (const { name: policy, hooks } of found.valid) {
      out.line(
        printable(`${name}: ${policy}: ${hooks === 1 ? "1 hook" : `${hooks} hooks`}, no errors`),
      );
    }
  }
  await Promise.all([out.drained(), errors.drained()]);
  if (failed) throw new ExitRequest(exitCodes.failed);
}
