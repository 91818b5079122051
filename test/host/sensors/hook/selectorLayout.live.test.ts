/** Numbers that the host and the hook programs must agree on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openHookObject } from "../../../../host/sensors/hook/hookObject.js";
import { rateScopes } from "../../../../host/sensors/hook/selector/actions.js";
import { longestText } from "../../../../host/sensors/hook/selector/filterSets.js";
import { parts, stages, tests } from "../../../../host/sensors/hook/selector/filters.js";
import { capabilitySets } from "../../../../host/sensors/hook/selector/processFilters.js";
import { most } from "../../../../host/sensors/hook/selector/selectorConfig.js";

const object = openHookObject("sys_enter", true);
const { btf } = object;

function enumOf(name: string, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(btf.enum(name)).map(([each, value]) => [
      each
        .slice(prefix.length)
        .toLowerCase()
        .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      Number(value),
    ]),
  );
}

test("tests, parts, stages and the rest have the same numbers", () => {
  assert.deepEqual(enumOf("gs_test", "GS_TEST_"), tests);
  assert.deepEqual(enumOf("gs_part", "GS_PART_"), parts);
  const { return: returned, ...others } = enumOf("gs_stage", "GS_STAGE_");
  assert.deepEqual({ ...others, returned }, stages);
  assert.deepEqual(enumOf("gs_capability_set", "GS_CAPABILITY_"), capabilitySets);
  assert.deepEqual(enumOf("gs_rate_scope", "GS_RATE_"), rateScopes);
  assert.deepEqual(enumOf("gs_fd_action", "GS_FD_"), { follow: 1, unfollow: 2, copy: 3 });
});

test("so have limits", () => {
  const size = (struct: string, member: string) => btf.struct(struct).members[member]?.size ?? 0;
  const count = (member: string, of: string, struct = "gs_selector") =>
    size(struct, member) / btf.struct(of).size;
  assert.deepEqual(
    {
      selectors: count("selector", "gs_selector", "gs_selector_config"),
      pids: count("pid", "gs_filter"),
      binaries: count("binary", "gs_filter"),
      namespaces: count("namespace", "gs_filter"),
      capabilities: count("capability", "gs_capability_filter"),
      changes: count("namespace_change", "gs_namespace_change"),
      args: count("arg", "gs_filter"),
    },
    most,
  );
  assert.deepEqual(
    {
      equal: size("gs_text_key", "text"),
      prefix: size("gs_prefix_key", "text"),
      postfix: size("gs_text_scratch", "tail"),
    },
    longestText,
  );
  object.close();
});
