/** Version of this program, from its package.json. */
import { readFileSync } from "node:fs";

export function cliVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
