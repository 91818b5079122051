import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UsageError } from "../../../../host/cli/exit.js";
import { checkRegexes, filterLists } from "../../../../host/cli/getevents/filters.js";
import { localFilter } from "../../../../host/cli/getevents/localFilter.js";
import { fgs } from "../../../../proto/generated/api.js";
import { type Event, exec, processOf } from "../support/events.js";

const { PROCESS_EXEC, PROCESS_EXIT } = fgs.EventType;

describe("from flags to filters", () => {
  test("without flags there are no filters", () => {
    assert.deepEqual(filterLists({}), { allow_list: [], deny_list: [] });
  });

  test("all flags together make one filter", () => {
    const lists = filterLists({
      eventTypes: ["process_exec", "PROCESS_EXIT"],
      namespace: ["default"],
      host: true,
      process: ["^/usr/bin/", "sh$"],
      pid: ["1", "42"],
      pidSet: ["7"],
      healthCheck: false,
    });
    assert.deepEqual(lists.deny_list, []);
    assert.deepEqual(lists.allow_list, [
      {
        event_set: [PROCESS_EXEC, PROCESS_EXIT],
        namespace: ["default", ""],
        binary_regex: ["^/usr/bin/", "sh$"],
        pid: [1, 42],
        pid_set: [7],
        health_check: { value: false },
      },
    ]);
  });

  test("flags narrow every filter that is given in JSON", () => {
    const { allow_list, deny_list } = filterLists({
      eventTypes: ["PROCESS_EXEC"],
      includeFilter: ['{"pid":[1]}{"pid":[2]}', '{"namespace":["x"]}'],
      excludeFilter: ['{"health_check":true}'],
    });
    const event_set = [PROCESS_EXEC];
    assert.deepEqual(allow_list, [
      { pid: [1], event_set },
      { pid: [2], event_set },
      { namespace: ["x"], event_set },
    ]);
    assert.deepEqual(deny_list, [{ health_check: { value: true } }]);
  });

  test("filters can come from a file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "filters-")), "f.json");
    writeFileSync(file, '{"pid":[1]}\n{"pid":\n["x"]}\n');
    assert.throws(() => filterLists({ excludeFilter: [`@${file}`] }), {
      name: "GuidestarError",
      message: `--exclude-filter: ${file}, line 3, column 2: "pid[0]" takes a whole number from 0 to 4294967295, not the string "x"`,
    });
    writeFileSync(file, '{"pid":[1]}\n{"pid":[2]}\n');
    assert.deepEqual(filterLists({ excludeFilter: [`@${file}`] }).deny_list, [
      { pid: [1] },
      { pid: [2] },
    ]);
  });

  const bad: readonly (readonly [Parameters<typeof filterLists>[0], RegExp])[] = [
    [
      { eventTypes: ["PROCESS_EXE"] },
      /no event type 'PROCESS_EXE'\. Did you mean PROCESS_EXEC\? Known are PROCESS_EXEC, .*, TEST\.$/,
    ],
    [{ eventTypes: ["5"] }, /no event type '5'\. Known are/],
    [{ pid: ["-1"] }, /^--pid takes process ids, and '-1' is none\.$/],
    [{ pidSet: [""] }, /^--pid-set takes process ids, and '' is none\.$/],
    [{ pid: ["4294967296"] }, /is none/],
    [
      { pid: ["1"], includeFilter: ['{"pid":[2]}'] },
      /both --include-filter and --pid say something about "pid"/,
    ],
    [{ includeFilter: [""] }, /takes a filter, such as .*, and there is none/],
    [
      { includeFilter: ["process.pid"] },
      /^--include-filter: column 1: 'process\.pid' is no JSON value\. A filter is a JSON object such as/,
    ],
    [
      { excludeFilter: ["@/does/not/exist"] },
      /^--exclude-filter: cannot read \/does\/not\/exist: ENOENT/,
    ],
  ];
  for (const [flags, expected] of bad) {
    test(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(
        () => filterLists(flags),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, expected);
          return true;
        },
      );
    });
  }

  test("a wrong regular expression is found before it is sent, in RE2's terms", async () => {
    await checkRegexes(filterLists({ process: ["^/bin/(a|b)$"] }));
    await assert.rejects(checkRegexes(filterLists({ process: ["ok", "*"] })), {
      message:
        "'*' is no regular expression (RE2 syntax): missing argument to repetition operator: `*`",
    });
    const lookahead = filterLists({ excludeFilter: ['{"binary_regex":["a(?=b)"]}'] });
    await assert.rejects(checkRegexes(lookahead), /unsupported Perl syntax/);
  });
});

describe("filters applied to events from standard input", () => {
  const passes = (event: Event, allow: object[], deny: object[] = []) =>
    localFilter({ allow_list: allow, deny_list: deny })(event);
  const shell = exec("/bin/sh", "", { pid: { value: 7 } });
  const inPod = exec("/bin/sh", "", { pod: { namespace: "default", name: "p" } });
  const testEvent: Event = { test: { arg0: 1 } };

  test("no filters let everything through", () => {
    for (const event of [shell, testEvent, {}]) assert.equal(passes(event, []), true);
  });

  test("any allow filter must match and no deny filter may", () => {
    assert.equal(passes(shell, [{ pid: [1] }, { pid: [7] }]), true);
    assert.equal(passes(shell, [{ pid: [1] }]), false);
    assert.equal(passes(shell, [{ pid: [7] }], [{ binary_regex: ["sh"] }]), false);
    assert.equal(passes(shell, [], [{ pid: [1] }]), true);
  });

  test("all fields of a filter must match", () => {
    assert.equal(passes(shell, [{ pid: [7], event_set: [PROCESS_EXEC] }]), true);
    assert.equal(passes(shell, [{ pid: [7], event_set: [PROCESS_EXIT] }]), false);
  });

  test("expressions match anywhere in the binary, and never where there is no process", () => {
    assert.equal(passes(shell, [{ binary_regex: ["in/s"] }]), true);
    assert.equal(passes(shell, [{ binary_regex: ["^sh"] }]), false);
    assert.equal(passes(testEvent, [{ binary_regex: [".*"] }]), false);
  });

  test("the empty namespace means outside of pods", () => {
    assert.equal(passes(shell, [{ namespace: [""] }]), true);
    assert.equal(passes(inPod, [{ namespace: [""] }]), false);
    assert.equal(passes(inPod, [{ namespace: ["default"] }]), true);
    assert.equal(passes(testEvent, [{ namespace: [""] }]), false);
  });

  test("a health check is one if the process or its parent is", () => {
    const probe = processOf("/probe", { pod: { container: { maybe_exec_probe: true } } });
    const child: Event = { process_exec: { process: processOf("/child"), parent: probe } };
    assert.equal(passes(child, [{ health_check: { value: true } }]), true);
    assert.equal(passes(child, [{ health_check: { value: false } }]), false);
    assert.equal(passes(shell, [{ health_check: { value: false } }]), true);
  });

  test("only the event type can select events without a process", () => {
    assert.equal(passes(testEvent, [{ event_set: [fgs.EventType.TEST] }]), true);
    assert.equal(passes(testEvent, [{ pid: [0] }]), false);
  });

  test("a pid set takes in descendants, also of events that other fields reject", () => {
    const matches = localFilter({
      allow_list: [{ pid_set: [10], event_set: [PROCESS_EXIT] }],
      deny_list: [],
    });
    const step = (kind: "process_exec" | "process_exit", pid: number, parent: number) =>
      matches({
        [kind]: {
          process: processOf("/b", { pid: { value: pid } }),
          parent: processOf("/p", { pid: { value: parent } }),
        },
      });
    assert.equal(step("process_exec", 11, 10), false);
    assert.equal(step("process_exec", 12, 11), false);
    assert.equal(step("process_exit", 11, 10), true);
    assert.equal(step("process_exit", 12, 11), true);
    assert.equal(step("process_exit", 13, 1), false);
    // Ended processes are out of the family: their pids may come back elsewhere.
    assert.equal(step("process_exit", 12, 1), false);
    assert.equal(step("process_exit", 10, 1), true);
  });
});
