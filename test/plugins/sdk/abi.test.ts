import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  ArgumentKind,
  HookAction,
  HookFlag,
  PathFlag,
} from "../../../host/events/hook/constants.js";
import { EventType, namespaceNames } from "../../../host/events/model.js";
import * as abi from "../../../plugins/sdk/abi.js";
import { golden } from "./abi.golden.js";

test("the numbers of ABI 1 are what they were when it was published", () => {
  assert.deepEqual({ ...abi }, golden);
});

test("event types have their numbers of the wire", () => {
  assert.equal(abi.EVENT_TYPE_EXEC, EventType.EXEC);
  assert.equal(abi.EVENT_TYPE_EXIT, EventType.EXIT);
  assert.equal(abi.EVENT_TYPE_KPROBE, EventType.KPROBE);
  assert.equal(abi.EVENT_TYPE_TRACEPOINT, EventType.TRACEPOINT);
  assert.equal(abi.EVENT_TYPE_DNS, EventType.DNS);
  assert.equal(abi.EVENT_TYPE_TEST, EventType.TEST);
});

test("namespaces have the order of the event model", () => {
  const numbers = abi as unknown as Record<string, number>;
  assert.deepEqual(
    namespaceNames.map((name) => numbers[`NAMESPACE_${name.toUpperCase()}`]),
    namespaceNames.map((_, n) => n),
  );
  assert.equal(abi.NAMESPACES, namespaceNames.length);
});

test("the fields of the header, of an event and of a process lie one behind the other without overlap", () => {
  check("BATCH_", abi.HEADER_BYTES, (name) => (name === "BATCH_NOW_NS" ? 8 : 4), ["BATCH_FLAG_"]);
  const eventSizes: Record<string, number> = { EVENT_SEQUENCE: 8, EVENT_TIME_NS: 8 };
  check("EVENT_", abi.EVENT_DETAIL, (name) => eventSizes[name] ?? 4, [
    "EVENT_BYTES",
    "EVENT_DETAIL",
    "EVENT_TYPE_",
  ]);
  const processSizes: Record<string, number> = { PROCESS_NAMESPACES: 40 };
  const longs = ["KEY_NS", "START_TIME_NS", "CGROUP_ID", "CAP_"];
  const texts = [
    ...["EXEC_ID", "BINARY", "ARGUMENTS", "CWD", "FLAGS", "DOCKER", "CGROUP_NAME"],
    ...["CONTAINER_", "POD_", "IMAGE_NAME", "INTERPRETER"],
  ];
  const isOf = (name: string, parts: string[]) =>
    parts.some((p) => name.startsWith(`PROCESS_${p}`));
  check(
    "PROCESS_",
    abi.PROCESS_BYTES,
    (name) => processSizes[name] ?? (isOf(name, longs) || isOf(name, texts) ? 8 : 4),
    ["PROCESS_BYTES", "PROCESS_TEXTS", "PROCESS_MORE_TEXTS"],
  );
  const hookTexts = ["FUNCTION", "SUBSYSTEM", "POLICY", "MESSAGE", "WHERE"];
  check(
    "HOOK_",
    abi.HOOK_BYTES,
    (name) => (hookTexts.some((text) => name === `HOOK_${text}`) ? 8 : 4),
    ["HOOK_BYTES", "HOOK_KIND_"],
  );
  const wide = ["ARG_VALUE", "ARG_TEXT"];
  check("ARG_", abi.ARG_STRUCT, (name) => (wide.includes(name) ? 8 : 4), [
    ...["ARG_STRUCT", "ARG_KIND_", "ARG_ERROR_", "ARG_FLAG_"],
  ]);
});

test("the record of a call goes on where that of any event ends, without overlap", () => {
  const shared = abi.EVENT_DETAIL;
  const fields = Object.entries(abi).filter(
    ([name]) => name.startsWith("CALL_") && !/^CALL_(BYTES|FLAG_)/.test(name),
  );
  const places = fields.map(([, at]) => at).sort((a, b) => a - b);
  assert.deepEqual(
    places,
    places.map((_, n) => shared + 4 * n),
  );
  assert.equal(abi.CALL_BYTES, shared + 4 * places.length);
});

test("kinds, errors, actions and flags have the numbers of the records of hooks", () => {
  const numbers = abi as unknown as Record<string, number>;
  const same = [
    ["ARG_KIND_", ArgumentKind, ["STACK"]],
    ["ARG_ERROR_", ArgumentError, ["OK"]],
    ["ACTION_", HookAction, []],
    ["CALL_FLAG_", HookFlag, []],
    ["PATH_FLAG_", PathFlag, []],
  ] as const;
  for (const [prefix, values, others] of same)
    for (const [name, value] of Object.entries(values))
      if (!(others as readonly string[]).includes(name))
        assert.equal(numbers[prefix + name], value, prefix + name);
});

/** Every byte of a struct belongs to exactly one field, and each field is aligned to its size. */
function check(
  prefix: string,
  size: number,
  sizeOf: (name: string) => number,
  skip: readonly string[] = [],
): void {
  const used = new Map<number, string>();
  for (const [name, offset] of Object.entries(abi)) {
    if (!name.startsWith(prefix) || skip.some((s) => name.startsWith(s))) continue;
    const bytes = sizeOf(name);
    assert.equal(offset % Math.min(bytes, 8), 0, `${name} is not aligned`);
    for (let at = offset; at < offset + bytes; at++) {
      assert.equal(used.get(at), undefined, `${name} overlaps ${used.get(at)}`);
      used.set(at, name);
    }
  }
  assert.equal(used.size, size, `${prefix} fields cover ${used.size} of ${size} bytes`);
}
