/** `podSelector` and `containerSelector`, and what they come to. */
import type { LabelRequirement } from "../hookSpec.js";
import { anyText, isNone, oneOf, text } from "./scalars.js";
import { dictionary, list, located, object, type Read, required, withDefault } from "./schema.js";

export const label: Read<string> = anyText;

const expression = object("a label expression", {
  key: required(located(text(317)), "the label to look at"),
  operator: required(
    located(oneOf(["In", "NotIn", "Exists", "DoesNotExist"] as const)),
    "how to compare it",
  ),
  values: withDefault(list("values", located(anyText), 256), []),
});

const fields = object("a label selector", {
  matchLabels: withDefault(dictionary("labels", label), new Map()),
  matchExpressions: withDefault(list("label expressions", expression, 64), []),
});

/** What `containerSelector` can ask for; see `host/events/hook/podSelection.ts`. */
const containerFieldNames = ["name", "image", "repo"];

/** As `labelSelector`, of the fields of a container. */
export const fieldSelector: Read<readonly LabelRequirement[]> = (node, place) => {
  const found = labelSelector(node, place);
  for (const { key } of found) {
    if (!containerFieldNames.includes(key)) place.refuse(node.at, isNone(key, containerFieldNames));
  }
  return found;
};

/** All requirements must be met; none: everything matches. */
export const labelSelector: Read<readonly LabelRequirement[]> = (node, place) => {
  const { matchLabels, matchExpressions } = fields(node, place);
  const labels = [...matchLabels].map(([key, { value }]) => {
    return { key, operator: "In", values: [value] } as const;
  });
  const before = place.problems.length;
  matchExpressions.forEach(({ key, operator, values }, index) => {
    const needsValues = operator.value === "In" || operator.value === "NotIn";
    if (needsValues === values.length > 0) return;
    const why = needsValues ? "needs at least one value" : "takes no values";
    place.in(`matchExpressions[${index}]`).note(key.at, `${operator.value} ${why}`);
  });
  place.leaveIfBroken(before);
  const expressions = matchExpressions.map(({ key, operator, values }) => ({
    key: key.value,
    operator: operator.value,
    values: values.map(({ value }) => value),
  }));
  return [...labels, ...expressions];
};
