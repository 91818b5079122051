import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSelector, SelectorError } from "../../../host/stream/labelSelector.js";

const labels = new Map(Object.entries({ app: "web", tier: "", "k8s.io/name": "x.y_z-1", n: "12" }));
const selects = (text: string) => parseSelector(text)(labels);

const holds: readonly (readonly [selector: string, expected: boolean])[] = [
  ["", true],
  ["  ", true],
  ["app", true],
  ["nope", false],
  ["!app", false],
  ["! nope", true],
  ["app=web", true],
  ["app == web", true],
  ["app=db", false],
  ["app!=db", true],
  ["app!=web", false],
  ["nope!=web", true],
  ["nope=web", false],
  ["tier=", true],
  ["app=", false],
  ["nope=", false],
  ["nope!=", true],
  ["tier=,app", true],
  ["app in (web)", true],
  ["app in(db , web )", true],
  ["app in (db)", false],
  ["nope in (db)", false],
  ["tier in (,a)", true],
  ["app notin (db)", true],
  ["app notin (db,web)", false],
  ["nope notin (db,web)", true],
  ["app=web,tier!=x,k8s.io/name=x.y_z-1", true],
  ["app=web,tier!=", false],
  ["app=in", false],
  ["n>11", true],
  ["n > 12", false],
  ["n<13,n>-1", true],
  ["nope>1", false],
  ["app>1", false],
];
for (const [selector, expected] of holds) {
  test(`'${selector}' ${expected ? "selects" : "does not select"} the object`, () => {
    assert.equal(selects(selector), expected);
  });
}

const bad: readonly (readonly [selector: string, reason: string])[] = [
  ["app=web,", "character 9: a label should stand where the end is"],
  [",app", "character 1: a label should stand where ',' is"],
  ["app web", "character 5: =, !=, in, notin, > or < should stand where 'web' is"],
  ["app=web db", "character 9: a comma or the end should stand where 'db' is"],
  ["app in web", "character 8: '(' behind in should stand where 'web' is"],
  ["app in ()", "character 9: a value should stand where ')' is"],
  ["app in (a b)", "character 11: a comma or ')' should stand where 'b' is"],
  ["app in (a", "character 10: a comma or ')' should stand where the end is"],
  ["!app=web", "character 5: a comma or the end should stand where '=' is"],
  ["n>x", "character 3: a whole number should stand where 'x' is"],
  ["=web", "character 1: a label should stand where '=' is"],
];
for (const [selector, reason] of bad) {
  test(`'${selector}' is refused with the place`, () => {
    assert.throws(() => parseSelector(selector), {
      message: `selector '${selector}', ${reason}`,
    });
  });
}

test("names and values that Kubernetes does not allow are refused", () => {
  const rule = "up to 63 letters, digits, -, _ and ., a letter or digit at both ends";
  for (const key of ["-a", "a.", "a/", "/a", "A/a", "a*b/c", "x".repeat(64)]) {
    assert.throws(() => parseSelector(`${key}=1`), {
      message: `selector '${key}=1', character 1: '${key}' is no label: ${rule}, with a domain/ before it`,
    });
  }
  for (const value of ["-a", "a_", "a/b", "k8s:a", "x".repeat(64)]) {
    assert.throws(() => parseSelector(`a=${value}`), {
      message: `selector 'a=${value}', character 3: '${value}' is no value of a label: ${rule}`,
    });
  }
});

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}
const key = fc.constantFrom("a", "b", "x.io/c");
const value = fc.constantFrom("", "1", "x", "in");
const requirement: fc.Arbitrary<Requirement> = fc.record({
  key,
  operator: fc.constantFrom("", "!", "=", "==", "!=", "in", "notin"),
  values: fc.array(value, { minLength: 1, maxLength: 3 }),
});

test("any selector selects what its requirements say, each as Kubernetes defines it", () => {
  const blank = fc.constantFrom("", " ");
  const object = fc.dictionary(key, value);
  const write = ({ key, operator, values }: Requirement, space: string) => {
    if (operator === "") return `${space}${key}`;
    if (operator === "!") return `!${space}${key}`;
    if (operator.includes("=")) return `${key}${space}${operator}${space}${values[0]}${space}`;
    // An empty value alone would be no value.
    return `${key} ${operator}${space}(${space}${values.join(`${space},`)},x${space})`;
  };
  const expected = ({ key, operator, values }: Requirement, object: Record<string, string>) => {
    const has = Object.hasOwn(object, key);
    const isOne = has && [...values, "x"].includes(object[key] as string);
    if (operator === "") return has;
    if (operator === "!") return !has;
    if (operator === "in") return isOne;
    if (operator === "notin") return !isOne;
    return (has && object[key] === values[0]) === (operator !== "!=");
  };
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), object, blank, (all, object, space) => {
      const selector = all.map((one) => write(one, space)).join(`${space},`);
      assert.equal(
        parseSelector(selector)(new Map(Object.entries(object))),
        all.every((one) => expected(one, object)),
        selector,
      );
    }),
  );
});

test("any text is a selector or refused with one sentence", () => {
  const piece = fc.constantFrom("a", "in", "notin", "(", ")", ",", "=", "!", ">", "1", " ", "é");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      try {
        parseSelector(pieces.join(""));
      } catch (error) {
        assert.ok(error instanceof SelectorError);
        assert.match(error.message, /^selector '.*', character \d+: /);
      }
    }),
    { numRuns: 1000 },
  );
});
