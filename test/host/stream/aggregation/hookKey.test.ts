import assert from "node:assert/strict";
import { test } from "node:test";
import { Hook } from "../../../../host/events/hook/hook.js";
import { HookDataKeeper } from "../../../../host/events/hook/hookData.js";
import { hookFields } from "../../../../host/events/hook/hookFields.js";
import type { HookEvent } from "../../../../host/events/model.js";
import type { ArgumentDescription } from "../../../../host/policy/hookSpec.js";
import { hookKey } from "../../../../host/stream/aggregation/hookKey.js";
import { headerLayout } from "../../../support/headerLayout.js";
import { RecordMaker } from "../../../support/records.js";
import { call, process } from "../events.js";

const fields = hookFields(headerLayout());
if (!fields) throw new Error("the layout has no hooks");
const keeper = new HookDataKeeper(fields);
const make = new RecordMaker(headerLayout());
const caller = process();

/** A call with these arguments, types only where they matter. */
function passed(parts: readonly Buffer[], types: readonly string[] = [], name = "tcp_connect") {
  const event = call(caller) as HookEvent;
  const args = types.map((type, index) => ({ type, index }) as ArgumentDescription);
  const returned = { type: "s32", index: 0 } as ArgumentDescription;
  const description = { ...event.hook.description, functionName: name, args, returned };
  const bytes = Buffer.concat(parts);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data = keeper.keep(bytes, view, 0, bytes.length);
  return hookKey({ ...event, hook: new Hook(description), data });
}

const same = (a: string, b: string) => assert.equal(a, b);
const other = (a: string, b: string) => assert.notEqual(a, b);
const sock = (values: Record<string, number | Uint8Array>) =>
  make.argument("GS_ARG_SOCK", 0, { struct: "gs_sock", values: { family: 2, ...values } });
const address = (last: number) => Buffer.from([10, 0, 0, last, ...new Array(12).fill(0)]);

test("files, texts and capabilities must be the same; numbers, contents and sizes may differ", () => {
  same(passed([make.int(0, 1n)], ["s32"]), passed([make.int(0, 2n)], ["s32"]));
  same(passed([make.bytes(0, Buffer.from("a"))]), passed([make.bytes(0, Buffer.from("bc"))]));
  other(passed([make.string(0, "/a")]), passed([make.string(0, "/b")]));
  other(passed([make.path(0, "/a")]), passed([make.path(0, "/b")]));
  other(passed([make.int(0, 21n)], ["capability"]), passed([make.int(0, 22n)], ["capability"]));
  const two = (a: string, b: string) => passed([make.string(0, a), make.string(1, b)]);
  other(two("a", "b 1:1:c"), two("a 1:1:b", "c"));
  other(two("a", ""), two("", "a"));
});

test("of connections the far end counts; of those that came in, the port here", () => {
  const to = (port: number, host: number, source = 1) =>
    passed([sock({ destination_port: port, destination: address(host), source_port: source })]);
  same(to(443, 1), to(443, 1, 2));
  other(to(443, 1), to(80, 1));
  other(to(443, 1), to(443, 2));
  const from = (remote: number, here: number, host = 1) => {
    const values = { destination_port: remote, destination: address(host), source_port: here };
    return passed([sock(values)], [], "inet_csk_accept");
  };
  same(from(40_001, 80), from(40_002, 80));
  other(from(40_001, 80), from(40_001, 443));
  other(from(40_001, 80), from(40_001, 80, 2));
});

test("a call that failed is not like one that did not, nor like one that failed otherwise", () => {
  const result = (value: bigint) => passed([make.int(16, value)]);
  same(result(3n), result(4n));
  other(result(3n), result(-13n));
  other(result(-2n), result(-13n));
  same(result(-13n), result(-13n));
});

test("an argument that could not be read is not like one that could", () => {
  const error = (name: string) =>
    passed([make.argument("GS_ARG_STRING", 0, { error: name })], ["string"]);
  other(error("GS_ARG_FAULT"), error("GS_ARG_NULL"));
  other(error("GS_ARG_FAULT"), passed([make.string(0, "")], ["string"]));
});
