/** Exit codes, and errors as a person should see them. */
import { CommanderError } from "commander";
import { GuidestarError } from "../errors.js";

export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line itself is wrong: exit code 2. */
export class UsageError extends GuidestarError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("INVALID_ARGUMENT", message, options);
  }
}

/** Ends the command with a code and no message, for when everything has been said already. */
export class ExitRequest extends Error {
  constructor(readonly exitCode: number) {
    super(`exit with code ${exitCode}`);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof ExitRequest) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

/** `guidestar: SENTENCE`; with `debug` also where it came from and what caused it. */
export function errorText(error: unknown, debug: boolean): string {
  const { message } = GuidestarError.from(error);
  const isBug = !(error instanceof GuidestarError);
  const details = debug || isBug ? `\n${stackOf(error)}` : "";
  return `guidestar: ${message}${details}\n`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `  thrown: ${String(error)}`;
  const own = (error.stack ?? error.message).split("\n").slice(1).join("\n");
  const cause =
    error.cause === undefined ? "" : `\n  caused by: ${error.cause}\n${stackOf(error.cause)}`;
  return own + cause;
}
