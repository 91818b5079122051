import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UsageError } from "../../../../host/cli/exit.js";
import { checkFilters } from "../../../../host/cli/getevents/checkFilters.js";
import { filterLists } from "../../../../host/cli/getevents/filters.js";
import { localFilter } from "../../../../host/cli/getevents/localFilter.js";
import { toJson } from "../../../../host/json/protojson.js";
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

  test("each field that clients got later has a flag", () => {
    const { allow_list } = filterLists({
      process: ["a"],
      processes: ["b"],
      namespaces: ["default"],
      pod: ["^web"],
      pods: ["^db"],
      namespaceRegex: ["^kube-"],
      containerName: ["nginx"],
      labels: ["app=web,tier!=db", "!app"],
      arguments: ["-c"],
      parentBinary: ["sh$"],
      parentArguments: ["x"],
      ancestorBinary: ["sshd"],
      containerId: ["0123abc"],
      inInitTree: false,
      policyNames: ["watch", "guard"],
      functions: ["write"],
      celExpression: ["process_exec.process.pid == 1u"],
      capabilities: ["CAP_SYS_ADMIN,net_admin", "permitted:all:DAC_OVERRIDE", "none:cap_bpf"],
    });
    const { CAP_SYS_ADMIN, CAP_NET_ADMIN, DAC_OVERRIDE, CAP_BPF } = fgs.CapabilitiesType;
    assert.deepEqual(allow_list, [
      {
        binary_regex: ["a", "b"],
        namespace: ["default"],
        pod_regex: ["^web", "^db"],
        namespace_regex: ["^kube-"],
        container_name_regex: ["nginx"],
        labels: ["app=web,tier!=db", "!app"],
        arguments_regex: ["-c"],
        parent_binary_regex: ["sh$"],
        parent_arguments_regex: ["x"],
        ancestor_binary_regex: ["sshd"],
        container_id: ["0123abc"],
        in_init_tree: { value: false },
        policy_names: ["watch", "guard"],
        function_names: ["write"],
        cel_expression: ["process_exec.process.pid == 1u"],
        capabilities: {
          effective: { any: [CAP_SYS_ADMIN, CAP_NET_ADMIN], none: [CAP_BPF] },
          permitted: { all: [DAC_OVERRIDE] },
        },
      },
    ]);
  });

  test("JSON filters take every field, and field filters their mask as text or object", () => {
    const json =
      '{"labels":["a"],"in_init_tree":true,"capabilities":{"effective":{"exactly":["CAP_KILL"]}}}';
    const { allow_list, field_filters } = filterLists({
      includeFilter: [json],
      fieldFilters: [
        '{"fields":"process.parentExecId, parent","action":"EXCLUDE","event_set":["PROCESS_EXIT"]}',
        '{"fields":{"paths":["process"]},"invert_event_set":true}{"fields":""}',
      ],
      includeFields: ["process.pid", "parent"],
      excludeFields: ["parent.pod"],
    });
    assert.deepEqual(allow_list, [
      {
        labels: ["a"],
        in_init_tree: { value: true },
        capabilities: { effective: { exactly: [fgs.CapabilitiesType.CAP_KILL] } },
      },
    ]);
    const { INCLUDE, EXCLUDE } = fgs.FieldFilterAction;
    assert.deepEqual(field_filters, [
      {
        fields: { paths: ["process.parent_exec_id", "parent"] },
        action: EXCLUDE,
        event_set: [PROCESS_EXIT],
      },
      { fields: { paths: ["process"] }, invert_event_set: { value: true } },
      { fields: { paths: [] } },
      { fields: { paths: ["process.pid", "parent"] }, action: INCLUDE },
      { fields: { paths: ["parent.pod"] }, action: EXCLUDE },
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
      /no event type 'PROCESS_EXE'\. Did you mean PROCESS_EXEC\? Known are PROCESS_EXEC, .*, TEST, FINDING\.$/,
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
    [{ excludeFilter: ["parent"] }, /fields to show or to leave out go with --include-fields/],
    [
      { fieldFilters: ["parent"] },
      /^--field-filters: column 1: .* A field filter is a JSON object/,
    ],
    [{ fieldFilters: [" "] }, /takes a filter, such as '\{"fields":"process\.pid"\}', and there/],
    [{ fieldFilters: ['{"fields":7}'] }, /"fields" takes an object \(FieldMask\), not 7/],
    [
      { capabilities: ["CAP_SYS_ADMN"] },
      /^--capabilities: there is no capability 'CAP_SYS_ADMN'\. Did you mean CAP_SYS_ADMIN\?$/,
    ],
    [
      { capabilities: ["effectiv:CAP_KILL"] },
      /'effectiv' is neither a set .* Did you mean effective\?$/,
    ],
    [{ capabilities: [""] }, /there is no capability ''/],
    [
      { labels: ["a"], includeFilter: ['{"labels":["b"]}'] },
      /both --include-filter and --labels say something about "labels"/,
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
    await checkFilters(filterLists({ process: ["^/bin/(a|b)$"] }));
    await assert.rejects(checkFilters(filterLists({ process: ["ok", "*"] })), {
      message:
        "'*' is no regular expression (RE2 syntax): missing argument to repetition operator: `*`",
    });
    const lookahead = filterLists({ excludeFilter: ['{"binary_regex":["a(?=b)"]}'] });
    await assert.rejects(checkFilters(lookahead), /unsupported Perl syntax/);
    for (const flag of ["arguments", "parentBinary", "ancestorBinary", "pod", "namespaceRegex"]) {
      await assert.rejects(checkFilters(filterLists({ [flag]: ["("] })), /'\(' is no regular/);
    }
  });

  test("whatever else is wrong is found before it is sent too, with the flag", async () => {
    await checkFilters(filterLists({ labels: ["a"], includeFields: ["process"] }));
    const cases: readonly (readonly [Parameters<typeof filterLists>[0], string])[] = [
      [
        { labels: ["a", "a in"] },
        "--labels or --include-filter: allow_list[0].labels[1]: selector 'a in', character 5: '(' behind in should stand where the end is",
      ],
      [
        { excludeFilter: ['{"container_id":["("]}'] },
        "--exclude-filter: deny_list[0].container_id[0]: error parsing regexp: missing closing ): `(`",
      ],
      [
        { excludeFields: ["process.bin"] },
        '--include-fields, --exclude-fields or --field-filters: field_filters[0].fields.paths[0]: Process has no field "bin". Did you mean binary?',
      ],
    ];
    for (const [flags, message] of cases) {
      await assert.rejects(checkFilters(filterLists(flags)), { name: "GuidestarError", message });
    }
  });
});

describe("filters applied to events from standard input", () => {
  const passes = (event: Event, allow: object[], deny: object[] = []) =>
    localFilter({ allow_list: allow, deny_list: deny }).matches(event);
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

  for (const isNamed of [true, false]) {
    const how = isNamed ? "by their exec_id" : "by their pid where there is no exec_id";
    test(`a pid set takes in descendants, ${how}, also of events that other fields reject`, () => {
      const { matches } = localFilter({
        allow_list: [{ pid_set: [10], event_set: [PROCESS_EXIT] }],
        deny_list: [],
      });
      const who = (pid: number, life = 1) =>
        processOf("/b", { exec_id: isNamed ? `${pid}:${life}` : "", pid: { value: pid } });
      const step = (kind: "process_exec" | "process_exit", pid: number, parent: number, life = 1) =>
        matches({ [kind]: { process: who(pid, life), parent: who(parent) } });
      assert.equal(step("process_exec", 11, 10), false);
      assert.equal(step("process_exec", 12, 11), false);
      assert.equal(step("process_exit", 11, 10), true);
      assert.equal(step("process_exit", 12, 11), true);
      assert.equal(step("process_exit", 13, 1), false);
      // Ended processes are out of the family: their pids may come back elsewhere.
      assert.equal(step("process_exit", 12, 1, 2), false);
      assert.equal(step("process_exit", 10, 1), true);
    });
  }

  test("an ancestor is known from earlier events, or from the event's own list", () => {
    const filter = () =>
      localFilter({ allow_list: [{ ancestor_binary_regex: ["^/init$"] }], deny_list: [] });
    const [init, sh, child] = [processOf("/init"), processOf("/sh"), processOf("/child")];
    const { matches } = filter();
    assert.equal(matches({ process_exec: { process: sh, parent: init } }), false);
    assert.equal(matches({ process_exec: { process: child, parent: sh } }), true);
    assert.equal(matches({ process_exit: { process: sh, parent: init } }), false);
    assert.equal(matches({ process_exit: { process: child, parent: sh } }), true);
    assert.equal(filter().matches({ process_exec: { process: child, parent: sh } }), false);
    const withList = { process: child, parent: sh, ancestors: [processOf("/x"), init] };
    assert.equal(filter().matches({ process_exec: withList }), true);
  });

  test("fields are left out as the daemon would", () => {
    const { trim } = localFilter({
      allow_list: [],
      deny_list: [],
      field_filters: [{ fields: { paths: ["process.pid"] } }],
    });
    assert.ok(trim);
    const json = toJson("fgs.GetEventsResponse", trim(shell));
    assert.deepEqual(JSON.parse(json), {
      process_exec: { process: { pid: 7 } },
      node_name: "node-1",
      time: "2026-01-31T12:00:00.123456789Z",
    });
    assert.equal(localFilter({ allow_list: [], deny_list: [] }).trim, undefined);
  });
});
