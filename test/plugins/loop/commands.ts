/** The commands that a document tells its readers to type. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Lines of the `sh` blocks under a heading, in order, block by block. `file`: from the project's folder. */
export function blocksIn(file: string, heading: string): string[][] {
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
  const sections = text.split(/^(?=## )/m);
  const section = sections.find((part) => part.startsWith(`## ${heading}\n`));
  assert.ok(section, `${file} has no section "${heading}"`);
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, body = ""]) =>
    body.split("\n").filter((line) => line.trim() !== ""),
  );
}

/** A code block of a language behind a piece of text. */
export function codeIn(file: string, language: string, behind: string): string {
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
  const from = text.indexOf(behind);
  assert.notEqual(from, -1, `${file} lacks ${behind}`);
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text.slice(from));
  assert.ok(found?.[1], `${file} has no ${language} block behind ${behind}`);
  return found[1];
}
