import { isMap, isScalar, LineCounter, parseAllDocuments, type YAMLMap } from "yaml";
import { GuidestarError } from "../errors.js";

/** A TracingPolicy, its outer shape checked. */
export interface Policy {
  /** `metadata.name`. */
  readonly name: string;
  readonly yaml: string;
  /** The whole document as plain data. */
  readonly content: Readonly<Record<string, unknown>>;
}

const policyFields = ["apiVersion", "kind", "metadata", "spec"];
const metadataFields = ["name"];
/** The parser runs on the thread that serves all calls. */
const mostCharacters = 1024 * 1024;

/** Reads a policy. Throws `INVALID_ARGUMENT` that names line and column. */
export function parsePolicy(yaml: string): Policy {
  if (yaml.length > mostCharacters) {
    throw invalid(`the policy has ${yaml.length} characters; ${mostCharacters} are the most`);
  }
  const lines = new LineCounter();
  const fail = (offset: number, why: string) => {
    const { line, col } = lines.linePos(offset);
    return invalid(`policy, line ${line}, column ${col}: ${why}`);
  };
  const parsed = guard(() => parseAllDocuments(yaml, { lineCounter: lines, prettyErrors: false }));
  const documents = "empty" in parsed ? [] : parsed;
  const problem = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])[0];
  if (problem !== undefined) throw fail(problem.pos[0], problem.message);
  // A line of dashes before or after the policy makes a document too, with nothing in it.
  const [document, second] = documents.filter(({ contents }) => !isNothing(contents));
  if (document === undefined) {
    throw invalid("the policy is empty: it needs metadata.name and spec");
  }
  if (second !== undefined) {
    throw fail(second.range[0], "a second document begins; add one policy at a time");
  }
  const root = document.contents;
  if (!isMap(root)) throw fail(offsetOf(root), "a policy is a mapping of fields");
  const unknown = firstUnknown(root, policyFields);
  if (unknown !== undefined) throw fail(unknown.offset, unknown.message);

  const metadata = root.get("metadata", true);
  if (metadata === undefined) throw invalid("the policy has no metadata: it needs metadata.name");
  if (!isMap(metadata)) throw fail(offsetOf(metadata), "metadata is a mapping with a name");
  const stray = firstUnknown(metadata, metadataFields);
  if (stray !== undefined) throw fail(stray.offset, `metadata: ${stray.message}`);
  const name = metadata.get("name", true);
  if (!isScalar(name) || typeof name.value !== "string" || name.value === "") {
    throw fail(offsetOf(name ?? metadata), "metadata.name is missing: it must be a string");
  }
  // Aliases are resolved here; too many of them are refused.
  const content: Policy["content"] = guard(() => document.toJS());
  return { name: name.value, yaml, content };
}

function isNothing(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function firstUnknown(map: YAMLMap, known: readonly string[]) {
  for (const { key } of map.items) {
    if (isScalar(key) && known.includes(String(key.value))) continue;
    const name = isScalar(key) ? String(key.value) : "that is no name";
    const message = `unknown field "${name}"; known: ${known.join(", ")}`;
    return { offset: offsetOf(key), message };
  }
  return undefined;
}

function offsetOf(node: unknown): number {
  return (node as { range?: readonly number[] | null }).range?.[0] ?? 0;
}

/** The parser throws at what it cannot even take apart, such as a hundred thousand nested lists. */
function guard<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    const { message } = error as Error;
    throw new GuidestarError("INVALID_ARGUMENT", `policy: ${message}`, { cause: error });
  }
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
