import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { toFieldMasks } from "../../../host/api/fieldFilters.js";
import { EventType } from "../../../host/events/model.js";
import { messageType } from "../../../host/json/schema.js";
import { FrameMasker, maskMessage } from "../../../host/stream/fieldMask.js";
import { fgs } from "../../../proto/generated/api.js";
import { arbitraryMessage } from "../json/arbitraryMessage.js";

type Filter = fgs.FieldFilter.$Properties;
type Plain = Record<string, unknown>;

const { PROCESS_EXEC, PROCESS_EXIT, PROCESS_KPROBE, PROCESS_TRACEPOINT } = fgs.EventType;
const { INCLUDE, EXCLUDE } = fgs.FieldFilterAction;
const include = (...paths: string[]): Filter => ({ fields: { paths }, action: INCLUDE });
const exclude = (...paths: string[]): Filter => ({ fields: { paths }, action: EXCLUDE });

const event: fgs.GetEventsResponse.$Properties = {
  process_exec: {
    process: { pid: { value: 7 }, binary: "/bin/sh", pod: { name: "web", namespace: "x" } },
    parent: { pid: { value: 1 }, binary: "/sbin/init", pod: { name: "p", namespace: "y" } },
    ancestors: [{ binary: "/a", cwd: "/" }, { binary: "/b" }],
  },
  node_name: "node",
  time: { seconds: 1_700_000_000 },
  annotations: { k: "v" },
  sequence: 9,
};
const envelope = {
  node_name: "node",
  time: { seconds: "1700000000" },
  annotations: { k: "v" },
  sequence: "9",
};

function masked(message: fgs.GetEventsResponse.$Properties, ...filters: Filter[]): Plain {
  const masks = toFieldMasks(filters);
  const bytes = fgs.GetEventsResponse.encode(message).finish();
  const kept = masks === undefined ? bytes : maskMessage(masks, bytes);
  return plain(fgs.GetEventsResponse.decode(kept));
}

function plain(message: fgs.GetEventsResponse): Plain {
  return fgs.GetEventsResponse.toObject(message, { longs: String, bytes: String });
}

test("INCLUDE keeps what it names of the event, and the envelope", () => {
  assert.deepEqual(masked(event, include("process.pod.name", "parent.binary", "parent.pid")), {
    process_exec: {
      process: { pod: { name: "web" } },
      parent: { binary: "/sbin/init", pid: { value: 1 } },
    },
    ...envelope,
  });
});

test("EXCLUDE leaves out what it names and keeps all else", () => {
  assert.deepEqual(masked(event, exclude("parent", "process.pod.namespace", "ancestors.cwd")), {
    process_exec: {
      process: { pid: { value: 7 }, binary: "/bin/sh", pod: { name: "web" } },
      ancestors: [{ binary: "/a" }, { binary: "/b" }],
    },
    ...envelope,
  });
});

test("EXCLUDE wins over INCLUDE, and of several INCLUDE filters each must name a field", () => {
  const expected = { process_exec: { process: { pid: { value: 7 } } }, ...envelope };
  const [wide, narrow] = [include("process"), exclude("process.binary", "process.pod")];
  assert.deepEqual(masked(event, wide, narrow), expected);
  assert.deepEqual(masked(event, narrow, wide), expected);
  assert.deepEqual(masked(event, wide, include("process.pid", "parent")), expected);
  assert.deepEqual(masked(event, exclude("process", "process.pid"), wide), {
    process_exec: {},
    ...envelope,
  });
});

test("a field that is named whole is whole, whatever else is named in it", () => {
  const whole = masked(event, include("process"));
  assert.deepEqual(masked(event, include("process", "process.pid")), whole);
  assert.deepEqual(masked(event, include("process.pid", "process")), whole);
});

test("an event set chooses the events, and can be inverted", () => {
  const all = masked(event);
  const on = (event_set: fgs.EventType[], value?: boolean): Filter => ({
    ...include("process.pid"),
    event_set,
    ...(value !== undefined && { invert_event_set: { value } }),
  });
  const pidOnly = { process_exec: { process: { pid: { value: 7 } } }, ...envelope };
  assert.deepEqual(masked(event, on([PROCESS_EXEC])), pidOnly);
  assert.deepEqual(masked(event, on([PROCESS_EXIT])), all);
  assert.deepEqual(masked(event, on([PROCESS_EXEC], true)), all);
  assert.deepEqual(masked(event, on([PROCESS_EXIT], true)), pidOnly);
  assert.deepEqual(masked(event, on([PROCESS_EXIT], false)), all);
  assert.deepEqual(masked(event, on([], true)), pidOnly);
});

test("the same path is another number in another kind of event", () => {
  const args = [{ int_arg: 1 }, { string_arg: "x" }];
  const only = include("args.int_arg", "function_name");
  assert.deepEqual(masked({ process_kprobe: { function_name: "f", args } }, only), {
    process_kprobe: { function_name: "f", args: [{ int_arg: 1 }, {}] },
  });
  assert.deepEqual(masked({ process_tracepoint: { subsys: "s", args } }, only), {
    process_tracepoint: { args: [{ int_arg: 1 }, {}] },
  });
  assert.deepEqual(masked({ process_exit: { status: 3 } }, only), { process_exit: {} });
});

test("filters that name nothing change nothing", () => {
  assert.equal(toFieldMasks([]), undefined);
  assert.equal(toFieldMasks([{}, include(), { action: EXCLUDE, event_set: [5] }]), undefined);
});

test("masks are equal if they leave the same, however it is said", () => {
  const one = toFieldMasks([include("process.pid", "parent"), exclude("parent.pod")]);
  const other = toFieldMasks([
    exclude("parent.pod"),
    include("parent.pid", "parent", "process.pid"),
  ]);
  assert.deepEqual(one, other);
});

test("what makes no sense is refused, naming the field and what was perhaps meant", () => {
  const refused: readonly (readonly [Filter, string])[] = [
    [include("proces"), 'fields.paths[0]: no event has a field "proces". Did you mean process?'],
    [
      exclude("process", "process.bin"),
      'fields.paths[1]: Process has no field "bin". Did you mean binary?',
    ],
    [
      include("parent.pod.label"),
      'fields.paths[0]: Pod has no field "label". Did you mean labels?',
    ],
    [
      { ...include("function_name"), event_set: [PROCESS_EXEC] },
      'fields.paths[0]: ProcessExec has no field "function_name"; known are process, parent, ancestors',
    ],
    [
      { ...include("argz"), event_set: [PROCESS_KPROBE, PROCESS_TRACEPOINT] },
      'fields.paths[0]: no event has a field "argz". Did you mean args?',
    ],
    [
      include("process.parentExecId"),
      'fields.paths[0]: Process has no field "parentExecId". Did you mean parent_exec_id?',
    ],
    [include("process.binary.x"), 'fields.paths[0]: "process.binary" has no fields of its own'],
    [
      include("process..pid"),
      'fields.paths[0]: Process has no field ""; known are exec_id, pid, uid, cwd, binary, arguments, flags, start_time, auid, pod, docker, parent_exec_id, refcnt, cap, ns, interpreter, file, ns_pid, euid, gid, egid, in_init_tree',
    ],
    [
      { ...include("process"), event_set: [5, 99 as fgs.EventType] },
      "event_set[1]: Unknown EventType 99",
    ],
    [{ ...include("process"), event_set: [0] }, "event_set[0]: Unknown EventType UNDEF"],
    [
      { event_set: Object.values(EventType), invert_event_set: { value: true } },
      "event_set: no event type is left when it is inverted",
    ],
    [
      { ...include("process"), action: 7 as fgs.FieldFilterAction },
      "action: Unknown FieldFilterAction 7",
    ],
  ];
  for (const [filter, reason] of refused) {
    assert.throws(() => toFieldMasks([{}, filter]), {
      code: "INVALID_ARGUMENT",
      message: `field_filters[1].${reason}`,
    });
  }
});

const response = messageType("fgs.GetEventsResponse");
const kinds = (response.oneofs.event?.fieldsArray ?? []).map((field) => ({
  name: field.name,
  eventType: fgs.EventType[field.name.toUpperCase() as keyof typeof fgs.EventType],
  type: field.resolve().resolvedType as protobuf.Type,
}));

/** All paths into a type, through messages and lists. */
function pathsOf(type: protobuf.Type): string[] {
  return type.fieldsArray.flatMap((field) => {
    const { resolvedType } = field.resolve();
    const inner = resolvedType instanceof protobuf.Type ? pathsOf(resolvedType) : [];
    return [field.name, ...inner.map((path) => `${field.name}.${path}`)];
  });
}

const others = kinds.map(({ eventType }) => eventType);
const shapes = new Map(kinds.map(({ name, type }) => [name, arbitraryMessage(type, 4)]));

/** An event, and filters that are about what such events have. */
const anyCase = fc.constantFrom(...kinds).chain(({ name, eventType, type }) => {
  const all = pathsOf(type);
  const short = all.filter((path) => path.split(".").length <= 2);
  const path = fc.oneof(fc.constantFrom(...short), fc.constantFrom(...all));
  const filter = fc
    .record({
      paths: fc.array(path, { maxLength: 4 }),
      action: fc.constantFrom(INCLUDE, EXCLUDE),
      event_set: fc.array(fc.constantFrom(eventType, ...others), { maxLength: 2 }),
      invert_event_set: fc.option(fc.record({ value: fc.boolean() }), { nil: null, freq: 1 }),
    })
    .map(({ paths, ...rest }): Filter => ({ ...rest, fields: { paths } }));
  const event = fc.record({
    [name]: shapes.get(name) as fc.Arbitrary<Plain>,
    node_name: fc.constantFrom("", "node"),
    sequence: fc.nat(),
    annotations: fc.dictionary(fc.constantFrom("a", "b"), fc.string()),
  });
  return fc.tuple(event, fc.array(filter, { minLength: 1, maxLength: 3 }));
});

test("any masked encoding decodes to the pruned message, for any filters and events", () => {
  let changed = 0;
  fc.assert(
    fc.property(anyCase, ([message, filters]) => {
      let masks: ReturnType<typeof toFieldMasks>;
      try {
        masks = toFieldMasks(filters);
      } catch {
        return; // A path that no event of the set has.
      }
      const bytes = fgs.GetEventsResponse.encode(message).finish();
      const whole = plain(fgs.GetEventsResponse.decode(bytes));
      const kept = masks === undefined ? bytes : maskMessage(masks, bytes);
      const expected = filters.reduce(prune, whole);
      assert.deepEqual(plain(fgs.GetEventsResponse.decode(kept)), expected);
      // Lengths are as short as an encoder makes them.
      const again = fgs.GetEventsResponse.encode(fgs.GetEventsResponse.decode(kept)).finish();
      assert.equal(kept.length, again.length);
      if (kept.length < bytes.length) changed++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(changed > 200, `only ${changed} were masked`);
});

/** What one filter leaves of a decoded message: the definition, field by field and by name. */
function prune(message: Plain, filter: Filter): Plain {
  const kind = kinds.find(({ name }) => name in message);
  const paths = filter.fields?.paths ?? [];
  if (kind === undefined || paths.length === 0) return message;
  const events = filter.event_set ?? [];
  const isListed = events.includes(kind.eventType);
  const isInverted = filter.invert_event_set?.value ?? false;
  if (events.length > 0 && isListed === isInverted) return message;
  const isInclude = filter.action === INCLUDE;
  const body = pruneBody(message[kind.name] as Plain, paths, isInclude, "");
  return { ...message, [kind.name]: body };
}

function pruneBody(body: Plain, paths: readonly string[], isInclude: boolean, prefix: string) {
  const kept: Plain = {};
  for (const [name, value] of Object.entries(body)) {
    const path = `${prefix}${name}`;
    const isNamed = paths.includes(path);
    const isPassed = paths.some((one) => one.startsWith(`${path}.`));
    if (isNamed ? isInclude : !isPassed && !isInclude) kept[name] = value;
    else if (!isNamed && isPassed) {
      const one = (item: unknown) => pruneBody(item as Plain, paths, isInclude, `${path}.`);
      kept[name] = Array.isArray(value) ? value.map(one) : one(value);
    }
  }
  return kept;
}

test("fields of all wire types are passed over or copied, known or not", () => {
  const masks = [[1, { others: false, fields: [[1, true]] }]] as const;
  const body = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]; // 1: varint
  const unknown = [0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4, 0x22, 1, 9]; // 2: 64, 3: 32, 4
  const message = [0x0a, body.length + unknown.length, ...body, ...unknown, ...unknown];
  const expected = [0x0a, body.length, ...body, ...unknown];
  assert.deepEqual([...maskMessage(masks, Uint8Array.from(message))], expected);
  assert.throws(() => maskMessage(masks, Uint8Array.of(0x0b)), {
    message: "a field of wire type 3 in an encoded event",
  });
});

test("a masker takes frames of any size one after another", () => {
  const masks = toFieldMasks([exclude("process.arguments")]);
  assert.ok(masks);
  const masker = new FrameMasker(masks);
  for (const size of [0, 100, 200_000, 10]) {
    const process = { binary: "b".repeat(size), arguments: "x".repeat(300) };
    const message = fgs.GetEventsResponse.encode({ process_exec: { process } }).finish();
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const frame = Buffer.from(masker.apply(Buffer.concat([prefix, message])));
    assert.equal(frame.readUInt32BE(1), frame.length - 5);
    assert.equal(frame[0], 0);
    const decoded = plain(fgs.GetEventsResponse.decode(frame.subarray(5)));
    assert.deepEqual(decoded, {
      process_exec: { process: size === 0 ? {} : { binary: process.binary } },
    });
  }
});
