import { type PolicyDocument, parsePolicyDocument } from "../policy/document/document.js";

/** A TracingPolicy of the right form; whether this kernel can do what it asks, `Sensors.add` finds out. */
export interface Policy extends PolicyDocument {
  readonly yaml: string;
}

/** Reads the one policy of a request. Throws `PolicyError`: `INVALID_ARGUMENT` with line and column. */
export function parsePolicy(yaml: string): Policy {
  return { ...parsePolicyDocument(yaml), yaml };
}
