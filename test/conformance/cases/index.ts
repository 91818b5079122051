/** All conformance cases, in the order in which they run. */
import type { Case } from "../case.js";
import { execCases } from "./exec.js";
import { exitCases } from "./exits.js";
import { lineageCases } from "./lineage.js";
import { pathCases } from "./paths.js";

export const cases: readonly Case[] = [...execCases, ...pathCases, ...lineageCases, ...exitCases];
