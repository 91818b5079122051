/** Options of the commands that can begin with policies: daemon, run and record. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { PoliciesOptions } from "../sensors/policies/openPolicies.js";
import { UsageError } from "./exit.js";
import { policyFileName, readPolicyFile } from "./policyFile.js";

export interface PolicyFlags {
  readonly tracingPolicy?: readonly string[];
  /** Of `daemon`. */
  readonly tracingPolicyDir?: string;
  readonly bpfStats?: boolean;
}

export const defaultPolicyFolder = "/etc/guidestar/tracingpolicies.d";

export function addPolicyOptions(command: Command): void {
  command
    .option(
      "--tracing-policy <file>",
      "a file of tracing policies to begin with, - for standard input; may be given several times",
      (file: string, others: readonly string[]) => [...others, file],
      [],
    )
    .option(
      "--no-bpf-stats",
      "do not have the kernel count the time in eBPF programs while there are policies",
    );
}

/** A daemon also has a folder of policies. */
export function addPolicyFolderOption(command: Command): void {
  command.option(
    "--tracing-policy-dir <folder>",
    "load all policies (*.yaml, *.yml) of this folder at start, in the order of their names",
    defaultPolicyFolder,
  );
}

/**
 * Reads them all; undefined: there are none, and there can be none, which spares the time to load all
 * that reads policies. Throws a `UsageError` that names what cannot be read.
 */
export function policiesConfig(flags: PolicyFlags, source: string): PoliciesOptions | undefined {
  const countTime = flags.bpfStats ?? true;
  const named = flags.tracingPolicy ?? [];
  if (source !== "live") {
    if (named.length === 0) return undefined;
    throw new UsageError(
      "--tracing-policy needs a live kernel: a recording has the policies that it was made with",
    );
  }
  const folder = flags.tracingPolicyDir;
  if (folder === undefined && named.length === 0) return undefined;
  const files = [...(folder === undefined ? [] : filesIn(folder)), ...named];
  return {
    countTime,
    files: files.map((file) => ({ name: policyFileName(file), yaml: readPolicyFile(file) })),
  };
}

/** The usual folder may be missing; one that was named may not. */
function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && folder === defaultPolicyFolder) return [];
    const reason = code === "ENOENT" ? "there is no such folder" : message;
    throw new UsageError(`--tracing-policy-dir: cannot read ${folder}: ${reason}`, {
      cause: error,
    });
  }
}
