import { readFileSync } from "node:fs";

/** Version of this program, as package.json has it. */
export const version: string = readVersion();

function readVersion(): string {
  for (const place of ["../package.json", "../../package.json"]) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // One of the two is right: sources and dist/ are not equally deep.
    }
  }
  return "unknown";
}
