/** The process flags as the API prints them: names by bit, in the order of the bits. */
import type { RecordLayout } from "../source/source.js";

const apiNames: Readonly<Record<string, string>> = {
  GS_FLAG_EXECVE: "execve",
  GS_FLAG_EXECVEAT: "execveat",
  GS_FLAG_PROCFS: "procFS",
  GS_FLAG_TRUNC_FILENAME: "truncFilename",
  GS_FLAG_TRUNC_ARGS: "truncArgs",
  GS_FLAG_TASK_WALK: "taskWalk",
  GS_FLAG_MISS: "miss",
  GS_FLAG_AUID: "auid",
  GS_FLAG_ERROR_FILENAME: "errorFilename",
  GS_FLAG_ERROR_ARGS: "errorArgs",
  GS_FLAG_NO_CWD: "nocwd",
  GS_FLAG_ROOT_CWD: "rootcwd",
  GS_FLAG_ERROR_CWD: "errorCWD",
  GS_FLAG_CLONE: "clone",
  GS_FLAG_ERROR_CGROUP_NAME: "errorDockerNameCwd",
  GS_FLAG_ERROR_CGROUP_KN: "errorDockerKn",
  GS_FLAG_ERROR_CGROUP_SUBSYS_CGRP: "errorDockerSubsysCgrp",
  GS_FLAG_ERROR_CGROUP_SUBSYS: "errorDockerSubsys",
  GS_FLAG_ERROR_CGROUPS: "errorDockerCgroups",
  GS_FLAG_ERROR_MOUNTS: "errorMountsResolutionCwd",
  GS_FLAG_ERROR_PATH: "errorPathResolutionCwd",
};

/** Turns flag bits into the API's text; remembers the few combinations that occur. */
export class FlagNames {
  readonly #names: readonly (readonly [bit: number, name: string])[];
  readonly #texts = new Map<number, string>();

  constructor(layout: RecordLayout) {
    this.#names = Object.entries(layout.enums.gs_process_flag ?? {})
      .sort(([, a], [, b]) => a - b)
      .map(([enumerator, bit]) => [bit, apiNames[enumerator] ?? enumerator]);
  }

  text(bits: number): string {
    const known = this.#texts.get(bits);
    if (known !== undefined) return known;
    const text = this.#names
      .filter(([bit]) => (bits & bit) !== 0)
      .map(([, name]) => name)
      .join(" ");
    this.#texts.set(bits, text);
    return text;
  }
}

/** Flags of a process that forked and has not exec'd: its parent's, and `clone`. */
export function forkedFlags(parentFlags: string): string {
  if (parentFlags.split(" ").includes("clone")) return parentFlags;
  return parentFlags === "" ? "clone" : `${parentFlags} clone`;
}
