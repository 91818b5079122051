/** Five hundred documents, each a good one with one thing broken: every one is refused, with place and reason. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
} from "yaml";
import { kernelFacts } from "../../../../host/policy/kernel/kernelFacts.js";
import { check, goodPolicies, problemsOf } from "../support.js";

const wanted = 500;
const facts = kernelFacts();

/** The same documents on every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = seeded(20_261_122);
const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;

/** Free text, which can be anything. */
const free = new Set([
  "message",
  "tags",
  "label",
  "labels",
  "annotations",
  "name",
  "note",
  "pattern",
]);
/** Names that are looked up; a wrong one must be noticed. */
const looked = new Set([
  "type",
  "operator",
  "action",
  "kind",
  "apiVersion",
  "namespace",
  "rateLimitScope",
  "call",
  "hook",
  "event",
  "source",
]);

type Break = (pair: Pair<Scalar<string>, Node>) => string | undefined;

/** Each returns what it did, or undefined if it cannot break this field. */
const breaks: readonly Break[] = [
  (pair) => {
    const { value: key } = pair.key;
    if (key.length < 4) return undefined;
    const at = 1 + random(key.length - 2);
    pair.key.value = key.slice(0, at) + key.slice(at + 1);
    return `field ${key} → ${pair.key.value}`;
  },
  (pair) => {
    const { value } = pair;
    const key = pair.key.value;
    if (!looked.has(key) || !isScalar(value) || typeof value.value !== "string") return undefined;
    // A system call's other names are right, too; a letter that is none of the alphabet never is.
    const text = value.value;
    const at = random(text.length + 1);
    value.value = `${text.slice(0, at)}§${text.slice(at)}`;
    return `${key}: ${text} → ${value.value}`;
  },
  (pair) => {
    if (!isSeq(pair.value) || pair.value.items.length === 0) return undefined;
    pair.value = scalar(pick(["x", 5, true]));
    return `list ${pair.key.value} → scalar`;
  },
  (pair) => {
    if (!isMap(pair.value) || pair.value.items.length === 0) return undefined;
    pair.value = scalar("x");
    return `mapping ${pair.key.value} → scalar`;
  },
  (pair) => {
    if (!isScalar(pair.value)) return undefined;
    pair.value = parseAllDocuments("{a: {b: [c]}}")[0]?.contents as unknown as Node;
    return `scalar ${pair.key.value} → mapping`;
  },
  (pair) => {
    const key = pair.key.value;
    const { value } = pair;
    if (!isScalar(value) || typeof value.value !== "number") return undefined;
    value.value = pick([-1 - random(5), 2 ** 40, 1.5]);
    if (key === "argError") value.value = pick([0, 1, 2 ** 40, -9999]);
    return `number ${key} → ${value.value}`;
  },
  (pair) => {
    if (!isScalar(pair.value) || typeof pair.value.value !== "boolean") return undefined;
    pair.value = scalar(pick(["yes please", 2, "1"]));
    return `flag ${pair.key.value} → ${pair.value}`;
  },
  (pair) => {
    const { value } = pair;
    if (pair.key.value !== "values" || !isSeq(value) || value.items.length === 0) return undefined;
    value.items[random(value.items.length)] = parseAllDocuments("[[1]]")[0]
      ?.contents as unknown as Node;
    return "a value → a list";
  },
];

const scalar = (value: unknown): Scalar =>
  parseAllDocuments(JSON.stringify(value))[0]?.contents as unknown as Scalar;

/** One break at one place; undefined if the dice found none. */
function broken(yaml: string): { readonly yaml: string; readonly what: string } | undefined {
  const documents = parseAllDocuments(yaml);
  assert.ok(!("empty" in documents));
  const document = pick(documents);
  const pairs: Pair<Scalar<string>, Node>[] = [];
  visit(document, {
    Pair: (_key, pair) => {
      const { key } = pair as Pair<Scalar<string>, Node>;
      if (!isScalar(key) || typeof key.value !== "string") return undefined;
      if (["labels", "annotations", "matchLabels"].includes(key.value)) return visit.SKIP;
      if (key.value === "selectorsMacros") return visit.SKIP;
      pairs.push(pair as Pair<Scalar<string>, Node>);
      return undefined;
    },
  });
  const pair = pick(pairs);
  if (free.has(pair.key.value) && isScalar(pair.value) && random(2) === 0) return undefined;
  const what = pick(breaks)(pair);
  return what === undefined ? undefined : { what, yaml: documents.map(String).join("---\n") };
}

test(`${wanted} broken documents are each refused, with a place and a reason`, () => {
  const good = [...goodPolicies().values()];
  const seen = new Set<string>();
  for (let tries = 0; seen.size < wanted; tries++) {
    assert.ok(tries < 100 * wanted, `only ${seen.size} documents could be made`);
    const made = broken(pick(good));
    if (made === undefined || seen.has(made.yaml)) continue;
    seen.add(made.yaml);
    const lines = made.yaml.split("\n");
    let found: string[] = [];
    try {
      found = problemsOf(() => check(made.yaml, facts));
    } catch (error) {
      assert.fail(`${made.what}: ${(error as Error).message}\n${made.yaml}`);
    }
    assert.ok(found.length > 0, made.what);
    for (const problem of found) {
      const [, line, column, reason] = /^(\d+):(\d+): (.{10,})$/s.exec(problem) ?? [];
      const text = lines[Number(line) - 1];
      assert.ok(
        text !== undefined && Number(column) <= text.length + 1,
        `${problem}\n${made.yaml}`,
      );
      assert.ok(reason !== undefined && reason.length < 2_000, problem);
    }
  }
});

test("text cut off anywhere is read or refused, and nothing else happens", () => {
  for (const yaml of goodPolicies().values()) {
    for (let at = 1; at < yaml.length; at += 31) {
      try {
        check(yaml.slice(0, at), facts);
      } catch {
        problemsOf(() => check(yaml.slice(0, at), facts));
      }
    }
  }
});
