/** YAML as a tree of values that know their places. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { PolicyError, type Position, quoted } from "./problem.js";

export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly at: Position;
  /** Integers are bigints, whatever their notation. */
  readonly value: string | number | bigint | boolean | null;
  /** As it is written, without quotes: a string list takes `- 017` as the text "017". */
  readonly text: string;
}

export interface ListNode {
  readonly kind: "list";
  readonly at: Position;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: "map";
  readonly at: Position;
  readonly fields: ReadonlyMap<string, { readonly at: Position; readonly node: Node }>;
}

/** The parser runs on the thread that serves all calls. */
const mostCharacters = 1024 * 1024;
/** With aliases resolved; no policy comes near. */
const mostNodes = 200_000;
const mostDepth = 64;

/**
 * The documents of a text, empty ones left out. Throws `PolicyError` with line and column for
 * anything that is no YAML, and for what is only made to take long.
 */
export function readDocuments(yaml: string): Node[] {
  const start = { line: 1, column: 1 };
  if (yaml.length > mostCharacters) {
    const message = `the policy has ${yaml.length} characters; ${mostCharacters} are the most`;
    throw new PolicyError([{ at: start, message }]);
  }
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const parsed = parse(yaml, lines, start);
  const problems = parsed.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (problems.length > 0) {
    throw new PolicyError(
      problems.map(({ pos, message }) => ({ at: positionOf(pos[0]), message })),
    );
  }
  return parsed
    .filter(({ contents }) => contents !== null && !isNothing(contents))
    .map((document) => new Reader(document, positionOf).read(document.contents as ParsedNode, 0));
}

function parse(yaml: string, lineCounter: LineCounter, at: Position): Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(yaml, { lineCounter, prettyErrors: false, intAsBigInt: true });
    return "empty" in parsed ? [] : parsed;
  } catch (cause) {
    // It throws at what it cannot even take apart, such as a hundred thousand nested lists.
    throw new PolicyError([{ at, message: (cause as Error).message }], { cause });
  }
}

function isNothing(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null;
}

class Reader {
  #nodes = 0;

  constructor(
    readonly document: Document.Parsed,
    readonly positionOf: (offset: number) => Position,
  ) {}

  read(node: ParsedNode | null, depth: number, after?: Position): Node {
    const at = node === null ? (after ?? this.positionOf(0)) : this.positionOf(node.range[0]);
    if (depth > mostDepth) throw refused(at, `this is nested more than ${mostDepth} deep`);
    if (++this.#nodes > mostNodes) {
      throw refused(at, `the document has more than ${mostNodes} values, its aliases resolved`);
    }
    if (node === null) return { kind: "scalar", at, value: null, text: "" };
    if (isAlias(node)) {
      const target = node.resolve(this.document) as ParsedNode | undefined;
      if (target === undefined) {
        throw refused(at, `there is no anchor ${quoted(node.source)} before this`);
      }
      return { ...this.read(target, depth + 1), at };
    }
    if (isMap(node)) return { kind: "map", at, fields: this.#fields(node, depth) };
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item as ParsedNode, depth + 1, at));
      return { kind: "list", at, items };
    }
    const value = node.value as ScalarNode["value"];
    const text = typeof value === "string" ? value : (node.source ?? String(value));
    return { kind: "scalar", at, value, text };
  }

  #fields(map: YAMLMap, depth: number): MapNode["fields"] {
    const fields = new Map<string, { at: Position; node: Node }>();
    for (const pair of map.items) {
      const key = pair.key as ParsedNode | null;
      const at = this.positionOf(key?.range?.[0] ?? map.range?.[0] ?? 0);
      if (!isScalar(key)) {
        const hint = isMap(key) ? "; fill in templates such as {{.Pid}} first" : "";
        throw refused(at, `the name of a field must be plain text${hint}`);
      }
      const name = typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
      fields.set(name, { at, node: this.read(pair.value as ParsedNode | null, depth + 1, at) });
    }
    return fields;
  }
}

function refused(at: Position, message: string): PolicyError {
  return new PolicyError([{ at, message }]);
}
