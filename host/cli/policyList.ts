/** `guidestar tracingpolicy list`. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags, showTable } from "./show.js";

export function register(policy: Command): void {
  policy
    .command("list")
    .alias("ls")
    .summary("list policies and what their hooks did")
    .description(
      "Lists the tracing policies of the daemon, a line for each of their hooks, with their counts since they were added.",
    )
    .addOption(jsonOption())
    .addHelpText("after", help)
    .action(list);
}

const help = `
On a terminal: a table. Else one hook a line, fields separated by tabs: policy, state, mode, hook,
how it is attached, calls looked at, filtered, posted, unwanted, lost, actions, program runs,
nanoseconds a run, bytes of kernel memory. -o json has everything.

Examples:
  guidestar tracingpolicy list
  guidestar tracingpolicy list | cut -f1,4,8           what posted how many
  guidestar tracingpolicy list -o json | jq '.policies[].name'`;

async function list(flags: ShowFlags, command: Command): Promise<void> {
  const policies = await withClient(command, (client) => client.policies.list());
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.ListPoliciesResponse", { policies }));
  }
  const { policyColumns, rowsOf } = await import("./policyColumns.js");
  if (policies.length === 0) say("there are no tracing policies");
  await showTable(policyColumns, policies.flatMap(rowsOf));
}
