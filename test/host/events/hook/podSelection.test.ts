import assert from "node:assert/strict";
import { test } from "node:test";
import { isHookPods, podTest } from "../../../../host/events/hook/podSelection.js";
import type { Pod } from "../../../../host/events/model.js";
import type { LabelRequirement } from "../../../../host/policy/hookSpec.js";

const pod: Pod = {
  namespace: "shop",
  name: "web-0",
  labels: ["app=web", "tier=front", "plain"],
  container: {
    id: "containerd://1",
    name: "main",
    image: { id: "sha256:1", name: "registry:5000/shop/web:1.2@sha256:0" },
    startTimeNs: 0n,
  },
  maybeExecProbe: false,
};

const need = (
  key: string,
  operator: LabelRequirement["operator"],
  ...values: string[]
): LabelRequirement => ({ key, operator, values });

test("labels and fields are compared as the orchestrator does it; all must hold", () => {
  const cases: [LabelRequirement[], LabelRequirement[], boolean][] = [
    [[], [], true],
    [[need("app", "In", "web", "db")], [], true],
    [[need("app", "In", "db")], [], false],
    [[need("none", "In", "")], [], false],
    [[need("app", "NotIn", "web")], [], false],
    [[need("none", "NotIn", "web")], [], true],
    [[need("plain", "Exists"), need("none", "DoesNotExist")], [], true],
    [[need("app", "Exists"), need("tier", "DoesNotExist")], [], false],
    [[], [need("name", "In", "main")], true],
    [[], [need("repo", "In", "registry:5000/shop/web")], true],
    [[need("app", "In", "web")], [need("name", "NotIn", "main")], false],
  ];
  for (const [labels, container, expected] of cases) {
    const test = podTest({ pod: labels, container });
    assert.equal(test(pod), expected, JSON.stringify([labels, container]));
    assert.equal(test(pod), expected, "asked again");
    assert.equal(test(undefined), false, "outside of pods");
  }
  assert.equal(podTest({ namespace: "shop", pod: [], container: [] })(pod), true);
  assert.equal(podTest({ namespace: "other", pod: [], container: [] })(pod), false);
});

test("a recording that holds nonsense for pods is noticed", () => {
  assert.ok(isHookPods({ namespace: "a", pod: [need("a", "In", "b")], container: [] }));
  for (const broken of [
    null,
    "x",
    {},
    { pod: [], container: [{}] },
    { pod: [{ key: "a", operator: "Is", values: [] }], container: [] },
    { pod: [{ key: "a", operator: "In", values: [1] }], container: [] },
    { namespace: 1, pod: [], container: [] },
  ]) {
    assert.ok(!isHookPods(broken), JSON.stringify(broken));
  }
});
