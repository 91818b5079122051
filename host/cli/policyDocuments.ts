/** Files of several policies: the daemon takes one at a time. */
import type { Client } from "../api/client.js";
import { GuidestarError } from "../errors.js";

/**
 * The documents of a YAML text, each with as many empty lines ahead of it as it takes for line numbers
 * to be those of the whole. Documents of comments only are none; a text without any is one.
 */
export function splitDocuments(yaml: string): string[] {
  const lines = yaml.split("\n");
  // Such a line is a boundary wherever it stands: not even a block of text may hold one.
  const starts = lines.flatMap((line, i) => (/^---(\s|$)/.test(line) ? [i] : []));
  const bounds = [0, ...starts.filter((start) => start > 0), lines.length];
  const documents = bounds.slice(0, -1).flatMap((start, i) => {
    const own = lines.slice(start, bounds[i + 1]);
    return own.every(isNothing) ? [] : ["\n".repeat(start) + own.join("\n")];
  });
  return documents.length === 0 ? [yaml] : documents;
}

const isNothing = (line: string): boolean => /^(---|\.\.\.)?\s*(#.*)?$/.test(line);

/**
 * Adds all of these policies, or none: of those that were added already nothing is left when one is
 * refused. Returns their names.
 */
export async function addPolicies(client: Client, documents: readonly string[]): Promise<string[]> {
  const added: string[] = [];
  const names = async () => (await client.sensors.listSensors()).map(({ name }) => name ?? "");
  for (const document of documents) {
    const before = await names();
    try {
      await client.sensors.addTracingPolicy(document);
    } catch (error) {
      for (const name of added) await client.policies.delete(name);
      const { code, message } = GuidestarError.from(error);
      const undone = `policy ${added.length + 1} of ${documents.length} was refused, so none was added`;
      throw new GuidestarError(code, `${message} (${undone})`, { cause: error });
    }
    added.push(...(await names()).filter((name) => !before.includes(name)));
  }
  return added;
}
