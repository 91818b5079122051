/** What the kernel programs can't do is refused by name, before anything is loaded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuidestarError } from "../../../../host/errors.js";
import type { HookSpec, SelectorSpec } from "../../../../host/policy/hookSpec.js";
import { FilterSets } from "../../../../host/sensors/hook/selector/filterSets.js";
import { selectorConfig } from "../../../../host/sensors/hook/selector/selectorConfig.js";
import { argument, syscallHook, userArgument } from "../../../bpf/core/hook/specs.js";

const empty: SelectorSpec = {
  pids: [],
  binaries: [],
  args: [],
  returnArgs: [],
  namespaces: [],
  namespaceChanges: [],
  capabilities: [],
  capabilityChanges: [],
  actions: [],
  returnActions: [],
};

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const text = (bytes: number) => new Uint8Array(bytes).fill(97);
const equalTo = (bytes: number) =>
  ({ kind: "text", match: "equal", values: [text(bytes)] }) as const;

const refusals: readonly (readonly [string, readonly SelectorSpec[], RegExp])[] = [
  ["nine selectors", times(9, empty), /selectors has 9 entries, at most 8/],
  [
    "six filters of arguments",
    [
      {
        ...empty,
        args: times(6, { position: 0, negated: false, test: { kind: "less", value: 1n } }),
      },
    ],
    /selectors\[0\]: matchArgs has 6 entries, at most 5/,
  ],
  [
    "a text that is too long",
    [{ ...empty, args: [{ position: 1, negated: false, test: equalTo(257) }] }],
    /matchArgs: "a+…" has 257 bytes; at most 256 can be compared \(equal\)/,
  ],
  [
    "a postfix of a binary that is too long",
    [
      {
        ...empty,
        binaries: [
          { match: "postfix", negated: false, values: ["b".repeat(129)], followChildren: true },
        ],
      },
    ],
    /matchBinaries: "b+…" has 129 bytes; at most 128 can be compared \(postfix\)/,
  ],
  [
    "text of a number",
    [{ ...empty, args: [{ position: 0, negated: false, test: equalTo(1) }] }],
    /a test of kind text is not possible on an argument of type s32/,
  ],
  [
    "an argument that is not there",
    [{ ...empty, args: [{ position: 4, negated: false, test: equalTo(1) }] }],
    /the hook does not report an argument at position 4/,
  ],
  [
    "a return value that is not there",
    [
      {
        ...empty,
        returnArgs: [{ position: 0, negated: false, test: { kind: "less", value: 0n } }],
      },
    ],
    /the hook does not report a return value/,
  ],
  [
    "actions at a return that is not there",
    [{ ...empty, returnActions: [{ kind: "noPost" }] }],
    /matchReturnActions: the hook does not report returns/,
  ],
  [
    "an override that is no error",
    [{ ...empty, actions: [{ kind: "override", error: 1 }] }],
    /can be made to return -1 to -4095, not 1/,
  ],
];

for (const [name, selectors, message] of refusals) {
  test(`${name}: refused`, () => {
    const spec: HookSpec = syscallHook("lseek", [argument(0, "s32"), userArgument(1, "string")], {
      selectors,
    });
    // Nothing gets as far as the kernel's maps.
    const nowhere = undefined as never;
    const tools = {
      sets: new FilterSets(nowhere, nowhere),
      marks: { ofPids: () => 0, ofBinaries: () => 0, close() {} },
    };
    assert.throws(
      () => selectorConfig(spec, tools, 0),
      (error) =>
        error instanceof GuidestarError &&
        error.code === "INVALID_ARGUMENT" &&
        message.test(error.message) &&
        error.message.startsWith("__x64_sys_lseek"),
    );
  });
}
