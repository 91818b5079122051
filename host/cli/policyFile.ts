/** Policies from files and from standard input. */
import { readFileSync } from "node:fs";
import { UsageError } from "./exit.js";

/** What messages call it. */
export function policyFileName(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** Throws a `UsageError` if there is nothing to be read. */
export function readPolicyFile(file: string): string {
  const name = policyFileName(file);
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
