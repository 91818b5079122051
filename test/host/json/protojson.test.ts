import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import protojson from "protobufjs/ext/protojson.js";
import { fromJson, fromJsonValues, toJson } from "../../../host/json/protojson.js";
import { messageType } from "../../../host/json/schema.js";
import { fgs } from "../../../proto/generated/api.js";
import { exec } from "../cli/support/events.js";
import { arbitraryMessage } from "./arbitraryMessage.js";

const response = "fgs.GetEventsResponse";
const long = (text: string, unsigned = true) =>
  new protobuf.util.LongBits(
    Number(BigInt.asUintN(32, BigInt(text))),
    Number(BigInt.asUintN(32, BigInt(text) >> 32n)),
  ).toLong(unsigned);

describe("writing", () => {
  const golden: readonly (readonly [string, string, object, string])[] = [
    [
      "names as in the .proto, defaults left out, wrappers bare even when zero",
      response,
      {
        process_exec: { process: { exec_id: "a", pid: { value: 7 }, uid: {}, cwd: "", refcnt: 0 } },
        node_name: "n",
      },
      '{"process_exec":{"process":{"exec_id":"a","pid":7,"uid":0}},"node_name":"n"}',
    ],
    ["an empty event is shown: it is set", response, { process_exit: {} }, '{"process_exit":{}}'],
    [
      "a oneof is shown even with its default",
      "fgs.KprobeArgument",
      { int_arg: 0 },
      '{"int_arg":0}',
    ],
    [
      "64-bit integers are exact strings",
      "fgs.KprobeArgument",
      { size_arg: long("18446744073709551615") },
      '{"size_arg":"18446744073709551615"}',
    ],
    [
      "bytes are base64",
      "fgs.KprobeArgument",
      { bytes_arg: Buffer.from([0, 255, 62]) },
      '{"bytes_arg":"AP8+"}',
    ],
    [
      "enums have names, and numbers where no name is known",
      "fgs.Capabilities",
      { permitted: [0, 1, 21, 99] },
      '{"permitted":["CAP_CHOWN","DAC_OVERRIDE","CAP_SYS_ADMIN",99]}',
    ],
    [
      "maps have sorted keys",
      response,
      { annotations: { b: "2", a: "", __proto__: "x" } },
      '{"annotations":{"a":"","b":"2"}}',
    ],
    [
      "times without fraction",
      response,
      { time: { seconds: 0 } },
      '{"time":"1970-01-01T00:00:00Z"}',
    ],
    [
      "times with as many digits as are needed",
      response,
      { time: { seconds: 1769860800, nanos: 500_000_000 } },
      '{"time":"2026-01-31T12:00:00.500Z"}',
    ],
    [
      "times of microseconds",
      response,
      { time: { seconds: 1769860800, nanos: 1_000 } },
      '{"time":"2026-01-31T12:00:00.000001Z"}',
    ],
    [
      "times before 1970",
      response,
      { time: { seconds: long("-1", false), nanos: 1 } },
      '{"time":"1969-12-31T23:59:59.000000001Z"}',
    ],
    [
      "durations",
      "fgs.AggregationOptions",
      { window_size: { seconds: 1, nanos: 500_000_000 } },
      '{"window_size":"1.500s"}',
    ],
    [
      "negative durations",
      "fgs.AggregationOptions",
      { window_size: { seconds: 0, nanos: -1_000_000 } },
      '{"window_size":"-0.001s"}',
    ],
    [
      "characters that could deceive on a terminal are escaped",
      response,
      { node_name: 'q"\\\u0000\u009b\u202e\u2028é😀' },
      '{"node_name":"q\\"\\\\\\u0000\\u009b\\u202e\\u2028é😀"}',
    ],
    ["null members are as if they were not there", response, { lost: null, time: null }, "{}"],
  ];
  for (const [name, type, message, expected] of golden) {
    test(name, () => {
      assert.equal(toJson(type, message), expected);
      JSON.parse(expected);
    });
  }

  test("what the codecs decode is written like what was encoded", () => {
    const bytes = fgs.GetEventsResponse.encode(exec("/bin/sh", "-c true")).finish();
    const decoded = fgs.GetEventsResponse.decode(bytes);
    assert.equal(toJson(response, decoded), toJson(response, exec("/bin/sh", "-c true")));
  });
});

describe("floats, which no message of ours has", () => {
  const { root } = protobuf.parse(
    'syntax="proto3"; message M { double d = 1; float f = 2; optional int32 o = 3; map<int32, bool> m = 4; }',
  );
  root.resolveAll();
  const type = root.lookupType("M");

  test("are written so that they come back", async () => {
    const { messageWriter } = await import("../../../host/json/write.js");
    const write = messageWriter(type);
    assert.equal(
      write({ d: Number.NaN, f: Number.NEGATIVE_INFINITY }),
      '{"d":"NaN","f":"-Infinity"}',
    );
    assert.equal(write({ d: 0.1, f: Math.fround(0.1) }), '{"d":0.1,"f":0.1}');
    assert.equal(write({ d: -0, f: 0 }), '{"d":-0}');
    assert.equal(write({ o: 0, m: { 2: true, 10: false } }), '{"o":0,"m":{"10":false,"2":true}}');
  });

  test("are read within their range", async () => {
    const { readMessage } = await import("../../../host/json/read.js");
    const { parseJson } = await import("../../../host/json/parse.js");
    const read = (text: string) => readMessage(type, parseJson(text), text);
    assert.deepEqual(read('{"d":"Infinity","f":1e3,"o":null,"m":{"1":true}}'), {
      d: Number.POSITIVE_INFINITY,
      f: 1000,
      m: { 1: true },
    });
    assert.throws(() => read('{"f":1e39}'), /"f" takes a number, not 1e39/);
    assert.throws(() => read('{"m":{"x":true}}'), /"x" is no int32/);
  });
});

describe("reading back what was written", () => {
  const type = messageType(response);
  const wire = (message: object) => Buffer.from(type.encode(message).finish()).toString("hex");

  test("gives the same message, for any message", () => {
    fc.assert(
      fc.property(arbitraryMessage(type), (message) => {
        const back = fromJson<object>(response, toJson(response, message));
        assert.equal(wire(back), wire(message));
      }),
      { numRuns: 500 },
    );
  });

  test("agrees with protobufjs' own protojson, for any message", () => {
    fc.assert(
      fc.property(arbitraryMessage(type), (message) => {
        const ours = JSON.parse(toJson(response, message));
        const decoded = type.decode(type.encode(message).finish());
        assert.deepEqual(camelCased(ours), canonical(protojson.toJson(type, decoded)));
        const theirs = protojson.fromJson(type, ours);
        assert.equal(wire(theirs), wire(message));
      }),
      { numRuns: 500 },
    );
  });
});

describe("reading strictly", () => {
  const bad: readonly (readonly [string, RegExp])[] = [
    ['{"pids":[1]}', /^column 2: Filter has no field "pids"\. Did you mean pid\?$/],
    ['{"pid":1}', /^column 8: "pid" takes a list in \[ \], not 1$/],
    [
      '{"pid":["x"]}',
      /^column 9: "pid\[0\]" takes a whole number from 0 to 4294967295, not the string "x"$/,
    ],
    ['{"pid":[1,-1]}', /^column 11: "pid\[1\]" takes a whole number .*, not -1$/],
    ['{"pid":[4294967296]}', /not 4294967296$/],
    ['{"pid":[1.5]}', /not 1\.5$/],
    ['{"pid":[1],"pid":[2]}', /^column 12: "pid" is there twice$/],
    ['{"pid_set":[1],"pidSet":[2]}', /^column 16: "pidSet" and "pid_set" can't both be set$/],
    [
      '{"event_set":["PROCESS_EXECS"]}',
      /^column 15: "event_set\[0\]" takes a name of EventType, and "PROCESS_EXECS" is none\. Did you mean PROCESS_EXEC\?$/,
    ],
    ['{"event_set":[5.5]}', /"event_set\[0\]" takes a name of EventType, not 5\.5$/],
    ['{"health_check":"yes"}', /"health_check" takes true or false, not the string "yes"$/],
    ['{"binary_regex":[null]}', /not null$/],
    ['{"namespace":"x"}', /takes a list/],
    ["[]", /^column 1: this takes an object \(Filter\), not a list$/],
    ["", /^column 1: the text ends where a value should be$/],
    ['{"pid":[1]', /^column 11: the text ends before the closing '}'$/],
    ['{"pid":[1,]}', /^column 11: a comma must be followed by another item$/],
    ['{"pid" [1]}', /^column 8: '\[' stands where the ':' after "pid" should be$/],
    ["{pid:[1]}", /^column 2: 'pid' stands where a name in double quotes should be$/],
    ['{"pid":[01]}', /^column 9: '01' is no JSON value$/],
    ['{"namespace":["a\nb"]}', /^line 1, column 15: the string has a control character/],
    ['{"namespace":["\\x"]}', /^column 15: the string has an escape that JSON does not know$/],
    ['{"namespace":["\\ud800"]}', /half a surrogate pair/],
    ['{"namespace":["a]}', /^column 15: the string is not closed$/],
    ['{"pid":[1]} x', /^column 13: nothing may follow the value$/],
    [
      '{\n  "pid": [\n    true\n  ]\n}',
      /^line 3, column 5: "pid\[0\]" takes a whole number .*, not true$/,
    ],
    [`${"[".repeat(200)}`, /nested more than 100 deep/],
  ];
  for (const [text, expected] of bad) {
    test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(() => fromJson("fgs.Filter", text), { message: expected });
    });
  }

  test("accepts camel case, numbers for enums, strings and exponents for integers, and null", () => {
    assert.deepEqual(
      fromJson(
        "fgs.Filter",
        '{"binaryRegex":["a"],"event_set":[5],"pid":["7",1e2],"pid_set":null}',
      ),
      { binary_regex: ["a"], event_set: [5], pid: [7, 100] },
    );
  });

  test("accepts all forms of base64, and times with an offset", () => {
    for (const text of ["-_8", "+/8=", "-_8="]) {
      const read = fromJson<fgs.KprobeArgument>("fgs.KprobeArgument", `{"bytes_arg":"${text}"}`);
      assert.equal(Buffer.from(read.bytes_arg ?? []).toString("hex"), "fbff");
    }
    const read = fromJson<object>(response, '{"time":"2026-01-31T13:30:00.25+01:30"}');
    assert.equal(toJson(response, read), '{"time":"2026-01-31T12:00:00.250Z"}');
  });

  for (const time of [
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01 00:00:00Z",
    "now",
  ]) {
    test(`refuses the time ${time}`, () => {
      assert.throws(() => fromJson(response, `{"time":"${time}"}`), /takes a time such as/);
    });
  }

  test("refuses two members of one oneof", () => {
    const text = '{"process_exec":{},"process_exit":{}}';
    assert.throws(() => fromJson(response, text), /"process_exit" and "process_exec" can't both/);
  });

  test("reads objects one after another", () => {
    const filters = fromJsonValues("fgs.Filter", '{"pid":[1]}{"pid":[2]}\n {"pid":[3]} ');
    assert.deepEqual(filters, [{ pid: [1] }, { pid: [2] }, { pid: [3] }]);
  });

  test("tells the names it passes over when that is allowed", () => {
    const names: string[] = [];
    const text =
      '{"process_exec":{"process":{"binary":"/b","tid":1}},"x":{"deep":[1]},"process_lsm":{}}';
    const read = fromJson(response, text, { onUnknown: (name) => names.push(name) });
    assert.deepEqual(read, { process_exec: { process: { binary: "/b" } } });
    assert.deepEqual(names, ["process_exec.process.tid", "x", "process_lsm"]);
  });

  test("reads a string of ten million characters", () => {
    const text = `{"node_name":"${'x\\"'.repeat(5_000_000)}"}`;
    const read = fromJson<fgs.GetEventsResponse>(response, text);
    assert.equal(read.node_name.length, 10_000_000);
  });
});

/** Names in camel case, keys of annotations as they are. */
function camelCased(value: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((item) => camelCased(item));
  if (value === null || typeof value !== "object") return value;
  const toCamel = (key: string) => key.replace(/_([a-z0-9])/g, (_, next) => next.toUpperCase());
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      isMap ? key : toCamel(key),
      camelCased(item, key === "annotations"),
    ]),
  );
}

/** Through text, so that only plain values remain. */
function canonical(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
