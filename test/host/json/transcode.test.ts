import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { jsonWriter } from "../../../host/json/protojson.js";
import { messageType } from "../../../host/json/schema.js";
import { eventTranscoder, transcoder } from "../../../host/json/transcode.js";
import { fgs } from "../../../proto/generated/api.js";
import { exec, exit, kprobe } from "../cli/support/events.js";
import { arbitraryMessage } from "./arbitraryMessage.js";

const name = "fgs.GetEventsResponse";
const type = messageType(name);
const write = jsonWriter(name);
const transcode = eventTranscoder();
const encode = (message: object) => Buffer.from(type.encode(message).finish());

/** What a client that decodes prints. */
const decoded = (bytes: Buffer) => write(fgs.GetEventsResponse.decode(bytes));

/** Calls of `decode`: none if a message went the quick way. */
function countDecodes(t: { mock: typeof import("node:test").mock }) {
  return t.mock.method(fgs.GetEventsResponse, "decode").mock;
}

describe("JSON made of encoded messages", () => {
  test("is that of the decoded ones, for any message", () => {
    fc.assert(
      fc.property(arbitraryMessage(type), (message) => {
        const bytes = encode(message);
        assert.equal(transcode(bytes), decoded(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test("is so again when processes come back with another count", () => {
    const shell = { binary: "/bin/bash", pid: { value: 10 }, cap: { effective: [21] } };
    for (let round = 0; round < 3; round++) {
      for (const refcnt of [0, 1, 127, 128, 70_000]) {
        const parent = { ...shell, refcnt };
        const bytes = encode({ process_exec: { process: { binary: "/bin/true" }, parent } });
        assert.equal(transcode(bytes), decoded(bytes));
        assert.match(transcode(bytes), refcnt === 0 ? /"binary":"\/bin\/bash","cap"/ : /"refcnt":/);
      }
    }
  });

  test("takes fields in any order, as those that were put behind the message", () => {
    const parts = [
      { lost: { ring: 3 } },
      { sequence: 7 },
      { annotations: { b: "2", a: '"1"' } },
      { time: { seconds: 1_700_000_000, nanos: 120_000 }, node_name: "n" },
      exec("/bin/sh", "-c 'é'", { refcnt: 2, ns: { uts: { inum: 5 } }, docker: "d" }),
    ].map(encode);
    const bytes = Buffer.concat(parts);
    assert.equal(transcode(bytes), decoded(bytes));
    assert.match(transcode(bytes), /"refcnt":2,"ns".*"annotations":\{"a":"\\"1\\"","b":"2"\}/);
  });

  test("needs no decoding for the events that there are", (t) => {
    const decodes = countDecodes(t);
    const args = [
      { int_arg: -1 },
      { size_arg: 11 },
      { bytes_arg: Buffer.from("hello") },
      { file_arg: { path: "/etc/passwd" } },
    ];
    const time = { seconds: 1_700_000_000, nanos: 1 };
    for (const event of [
      exec("/bin/sh", "-c true", { start_time: time, auid: { value: 4294967295 } }),
      exit("/bin/sh", 3, "SIGSEGV"),
      kprobe("__x64_sys_write", args),
      { test: { arg0: 1 }, annotations: { a: "b" }, lost: { slow_client: 3 }, sequence: 2 ** 40 },
    ]) {
      const bytes = encode(event);
      const text = transcode(bytes);
      assert.equal(decodes.callCount(), 0, text);
      assert.equal(text, decoded(bytes));
      decodes.resetCalls();
    }
  });

  test("passes over fields that are not known", () => {
    const unknown = Buffer.from(
      ["c0bb0105", "c2bb01024142", "c5bb0101020304", "c1bb010102030405060708"].join(""),
      "hex",
    );
    const bytes = Buffer.concat([unknown, encode({ node_name: "n" }), unknown]);
    assert.equal(transcode(bytes), '{"node_name":"n"}');
  });

  test("decodes what is written in an unusual way", (t) => {
    const decodes = countDecodes(t);
    const twice = Buffer.concat([encode({ node_name: "a" }), encode({ node_name: "b" })]);
    assert.equal(transcode(twice), '{"node_name":"b"}');
    assert.equal(decodes.callCount(), 1);
    const merged = Buffer.concat([encode(exec("/bin/a")), encode(exec("/bin/b"))]);
    assert.equal(transcode(merged), decoded(merged));
    const early = encode({ time: { seconds: -5 } });
    assert.equal(transcode(early), '{"time":"1969-12-31T23:59:55Z"}');
  });

  test("is an error for bytes that are no message, however they are cut", () => {
    const bytes = encode(exec("/bin/sh", "-c true"));
    for (let length = 1; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const outcome = (act: () => string) => {
        try {
          return act();
        } catch {
          return "an error";
        }
      };
      assert.equal(
        outcome(() => transcode(cut)),
        outcome(() => decoded(cut)),
      );
    }
  });
});

test("types that no event has are decoded", () => {
  const { root } = protobuf.parse(
    'syntax="proto3"; message M { double d = 1; sint32 s = 2; repeated bool b = 3; optional int32 o = 4; map<int32, bool> m = 5; }',
  );
  root.resolveAll();
  const other = root.lookupType("M");
  const make = transcoder(other, (bytes) => other.decode(bytes).toJSON());
  const of = (message: object) => make(Buffer.from(other.encode(message).finish()));
  assert.equal(of({ b: [true, false] }), '{"b":[true,false]}');
  assert.equal(of({ d: 1.5, s: -3, m: { 1: true } }), '{"d":1.5,"s":-3,"m":{"1":true}}');
});
