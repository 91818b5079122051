/** The job to run test files in the guest. */

import { existsSync } from "node:fs";
import path from "node:path";
import { fileOf } from "../run/select.js";
import type { Job } from "./messages.js";
import { root } from "./paths.js";
import { guestRoot } from "./project.js";

/** How long one test file may take there: emulation is some ten times slower. */
const fileTimeoutMs = 300_000;

/** `names` as `npm test -- --list` shows them. */
export function testJob(names: readonly string[], namePattern?: string): Job {
  const missing = names.filter((name) => !existsSync(fileOf(name)));
  if (missing.length > 0) throw new Error(`no such test files: ${missing.join(", ")}`);
  return {
    kind: "tests",
    files: Object.fromEntries(
      names.map((name) => [name, path.join("/", guestRoot, path.relative(root, fileOf(name)))]),
    ),
    fileTimeoutMs,
    ...(namePattern === undefined ? {} : { namePattern }),
  };
}
