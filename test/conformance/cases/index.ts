/** All conformance cases, in the order in which they run. */
import type { Case } from "../case.js";
import { credentialCases } from "./credentials.js";
import { execCases } from "./exec.js";
import { exitCases } from "./exits.js";
import { fileCases } from "./files.js";
import { lineageCases } from "./lineage.js";
import { pathCases } from "./paths.js";

export const cases: readonly Case[] = [
  ...execCases,
  ...pathCases,
  ...fileCases,
  ...credentialCases,
  ...lineageCases,
  ...exitCases,
];
